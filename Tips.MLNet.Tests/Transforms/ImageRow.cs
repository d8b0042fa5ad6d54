using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>A row with a picture in memory.</summary>
internal sealed class ImageRow
{
    [ImageType(40, 50)]
    public MLImage? Image { get; set; }

    public string Name { get; set; } = "";
}

/// <summary>A row with the path of a picture.</summary>
internal sealed class PathRow
{
    public string Path { get; set; } = "";
}

/// <summary>What comes out.</summary>
internal sealed class EmbeddingRow
{
    public float[] Embedding { get; set; } = [];
}
