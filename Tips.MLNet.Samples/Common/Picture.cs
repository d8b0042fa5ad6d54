namespace Tips.MLNet.Samples.Common;

/// <summary>One row of input.</summary>
internal sealed class Picture
{
    public string Path { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>A row whose picture was embedded.</summary>
internal sealed class EmbeddedPicture
{
    public string Path { get; set; } = "";

    public string Label { get; set; } = "";

    public float[] Embedding { get; set; } = [];
}

/// <summary>Pictures to learn from and pictures to be examined on.</summary>
internal sealed record PictureSet(IReadOnlyList<Picture> Training, IReadOnlyList<Picture> Test);
