using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>Checks a configuration against the tensors next to it: both must belong to the same model.</summary>
internal static class HuggingFaceChecks
{
    /// <exception cref="CheckpointException">The configuration and the image encoder contradict each other.</exception>
    public static void Check(HuggingFaceConfig config, VisionTower tower)
    {
        var facts = config.Vision;
        Same(config, facts.Width, tower.Width);
        Same(config, facts.Layers, tower.Blocks.Count);
        Same(config, facts.PatchSize, tower.PatchSize);
        if (facts.ImageSize is var (key, side) && (side <= 0 || side % tower.PatchSize != 0))
            throw config.Error($"has {key} {side}, expected a positive multiple of the patch size {tower.PatchSize}");
    }

    /// <exception cref="CheckpointException">The configuration and the text encoder contradict each other.</exception>
    public static void Check(HuggingFaceConfig config, TextTower tower)
    {
        var facts = config.Text;
        Same(config, facts.Width, tower.Width);
        Same(config, facts.HiddenWidth, tower.HiddenWidth);
        Same(config, facts.Layers, tower.Blocks.Count);
        Same(config, facts.VocabularySize, tower.VocabularySize);
        if (facts.MaximumTokens is var (key, tokens) && tokens != TextGraph.MaximumLength)
            throw config.Error($"has {key} {tokens}, expected {TextGraph.MaximumLength}");
    }

    /// <exception cref="CheckpointException">The configuration and the head contradict each other.</exception>
    public static void Check(HuggingFaceConfig config, HeadTask task, DptHead head)
    {
        if (config.Heads is not { } facts) return;
        Same(config, facts.Channels, head.Channels);
        if (task == HeadTask.Depth) Same(config, facts.Bins, head.Outputs);
        if (task == HeadTask.Segmentation) Same(config, facts.ClassCount, head.Outputs);
    }

    private static void Same(HuggingFaceConfig config, ConfigNumber? fact, int found)
    {
        if (fact is var (key, said) && said != found) throw config.Error($"has {key} {said}, but the checkpoint beside it {found}");
    }
}
