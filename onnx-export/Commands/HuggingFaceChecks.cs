using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>Holds a configuration against the tensors beside it: they must be of one model.</summary>
internal static class HuggingFaceChecks
{
    /// <exception cref="CheckpointException">The configuration and the image encoder contradict each other.</exception>
    public static void Check(HuggingFaceConfig config, string path, VisionTower tower)
    {
        Same(path, "embed_dim", config.Width, tower.Width);
        Same(path, "patch_size", config.PatchSize, tower.PatchSize);
    }

    /// <exception cref="CheckpointException">The configuration and the text encoder contradict each other.</exception>
    public static void Check(HuggingFaceConfig config, string path, TextTower tower)
    {
        Same(path, "text_hidden_size", config.TextWidth, tower.Width);
        Same(path, "text_mlp_dim", config.TextHiddenWidth, tower.HiddenWidth);
        Same(path, "text_num_layers", config.TextLayers, tower.Blocks.Count);
        Same(path, "vocab_size", config.VocabularySize, tower.VocabularySize);
        Same(path, "max_len", config.MaximumTokens, TextGraph.MaximumLength);
    }

    private static void Same(string path, string key, int? said, int found)
    {
        if (said is { } value && value != found) throw new CheckpointException($"Configuration '{path}' has {key} {value}, but the checkpoint beside it {found}.");
    }
}
