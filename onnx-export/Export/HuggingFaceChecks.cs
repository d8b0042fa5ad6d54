using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>Checks a configuration against the tensors next to it: both must belong to the same model.</summary>
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
        if (config.MaximumTokens is { } tokens && tokens != TextGraph.MaximumLength)
            throw new CheckpointException($"Configuration '{path}' has max_len {tokens}, expected {TextGraph.MaximumLength}.");
    }

    /// <exception cref="CheckpointException">The configuration's image size cannot be cut into patches.</exception>
    public static void CheckImageSize(HuggingFaceConfig config, string path, int patch)
    {
        if (config.ImageSize is { } side && (side <= 0 || side % patch != 0))
        {
            throw new CheckpointException(
                $"Configuration '{path}' has img_size {side}, expected a positive multiple of the patch size {patch}.");
        }
    }

    private static void Same(string path, string key, int? said, int found)
    {
        if (said is { } value && value != found)
            throw new CheckpointException($"Configuration '{path}' has {key} {value}, but the checkpoint beside it {found}.");
    }
}
