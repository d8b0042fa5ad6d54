namespace Tips.MLNet.Samples.Common;

/// <summary>One row of input.</summary>
internal sealed class Picture
{
    public string Path { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>Pictures to learn from and pictures to be examined on.</summary>
internal sealed record PictureSet(IReadOnlyList<Picture> Training, IReadOnlyList<Picture> Test);
