using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>A row that holds a picture in memory.</summary>
internal sealed class ImageRow
{
    [ImageType(40, 50)]
    public MLImage? Image { get; set; }

    public string Name { get; set; } = "";
}

/// <summary>A row that holds the path of a picture.</summary>
internal sealed class PathRow
{
    public string Path { get; set; } = "";
}

/// <summary>A row of a pipeline's output.</summary>
internal sealed class EmbeddingRow
{
    public float[] Embedding { get; set; } = [];
}
