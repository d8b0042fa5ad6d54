using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>The model that checkpoints must be of, told by the sizes of its encoders.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Width">Width of both encoders.</param>
/// <param name="Vision">Blocks of the image encoder, kind and hidden values of its feed-forward layers.</param>
/// <param name="Text">Blocks of the text encoder and hidden values of its MLPs.</param>
internal sealed record ExpectedModel(
    string Name, int Width, (int Layers, string FeedForward, int Hidden) Vision, (int Layers, int Hidden) Text)
{
    /// <exception cref="CheckpointException">The image encoder is another model's.</exception>
    public void Check(ICheckpoint checkpoint, VisionTower tower) => Check(
        checkpoint,
        "image",
        Describe(tower.Width, tower.Blocks.Count, tower.FeedForward.Kind, tower.FeedForward.HiddenWidth),
        Describe(Width, Vision.Layers, Vision.FeedForward, Vision.Hidden));

    /// <exception cref="CheckpointException">The text encoder is another model's.</exception>
    public void Check(ICheckpoint checkpoint, TextTower tower) => Check(
        checkpoint,
        "text",
        Describe(tower.Width, tower.Blocks.Count, "mlp", tower.HiddenWidth),
        Describe(Width, Text.Layers, "mlp", Text.Hidden));

    private static string Describe(int width, int blocks, string kind, int hidden) => $"width {width}, {blocks} blocks, {kind} of {hidden}";

    private void Check(ICheckpoint checkpoint, string encoder, string found, string expected)
    {
        if (found == expected) return;
        throw new CheckpointException(
            $"Checkpoint '{checkpoint.Path}' is not the {encoder} encoder of {Name}: it has {found}, expected {expected}.");
    }
}
