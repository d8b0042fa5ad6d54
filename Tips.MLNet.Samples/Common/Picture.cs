namespace Tips.MLNet.Samples.Common;

/// <summary>A picture file and its label, if any.</summary>
internal sealed class Picture
{
    public string Path { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>A picture with its embedding.</summary>
internal sealed class EmbeddedPicture
{
    public string Path { get; set; } = "";

    public string Label { get; set; } = "";

    public float[] Embedding { get; set; } = [];
}

/// <summary>Pictures to train on and pictures to test on.</summary>
internal sealed record PictureSet(IReadOnlyList<Picture> Training, IReadOnlyList<Picture> Test);
