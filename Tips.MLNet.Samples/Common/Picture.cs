namespace Tips.MLNet.Samples.Common;

/// <summary>A picture file and its label, if any.</summary>
internal class Picture
{
    public string Path { get; set; } = "";

    public string Label { get; set; } = "";

    /// <summary>What it shows, in words; empty if nobody said.</summary>
    public string Text { get; set; } = "";
}

/// <summary>A picture with its embedding.</summary>
internal class EmbeddedPicture : Picture
{
    public float[] Embedding { get; set; } = [];
}

/// <summary>Pictures to train on and pictures to test on.</summary>
internal sealed record PictureSet(IReadOnlyList<Picture> Training, IReadOnlyList<Picture> Test);
