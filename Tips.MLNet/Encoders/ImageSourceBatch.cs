using Microsoft.ML.Data;

namespace Tips.MLNet.Encoders;

/// <summary>Pictures on their way through a model: from files or bytes, or decoded by somebody else.</summary>
internal abstract class ImageSourceBatch : EmbeddingBatch<ImageSource>
{
    /// <summary>Turns a decoded picture into what the encoder takes; it is only read.</summary>
    public abstract void Prepare(int slot, MLImage image);

    /// <summary>Moves a prepared picture to another slot.</summary>
    public abstract void Move(int from, int to);
}
