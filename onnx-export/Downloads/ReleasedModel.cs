namespace Tips.OnnxExport.Downloads;

/// <summary>Which of the two releases' file formats.</summary>
internal enum ReleaseLayout
{
    PyTorch,
    Scenic,
}

/// <summary>A model that Google DeepMind has released.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Version">1 for TIPS, 2 for TIPSv2.</param>
/// <param name="Variant">"S/14" and so on.</param>
/// <param name="Resolution">Pixels of a side it was trained at.</param>
/// <param name="Width">Length of an embedding.</param>
/// <param name="Parameters">Parameters of the image and of the text encoder, in millions.</param>
/// <param name="Scores">Published scores.</param>
/// <param name="FileNames">The part of the file names that is the model's own, by layout; where the publisher's pages differ, all forms.</param>
internal sealed record ReleasedModel(
    string Name, int Version, string Variant, int Resolution, int Width, (double Vision, double Text) Parameters, PublishedScores Scores, IReadOnlyDictionary<ReleaseLayout, string[]> FileNames)
{
    /// <summary>Pixels of a side of a patch, the same in all of them.</summary>
    public const int PatchSize = 14;

    private const double BytesPerParameter = 4;

    /// <summary>About how many bytes both encoders have together; the files are float32.</summary>
    public double ApproximateLength => (Parameters.Vision + Parameters.Text) * 1e6 * BytesPerParameter;

    /// <summary>Name that the exported model gives itself.</summary>
    public string ModelName => Version == 1 ? $"tips-{Name}" : $"tips{Name}";

    public ReleasedFile Vision(ReleaseLayout layout) => File(layout, "vision");

    public ReleasedFile Text(ReleaseLayout layout) => File(layout, "text");

    private ReleasedFile File(ReleaseLayout layout, string encoder)
        => new($"{(layout == ReleaseLayout.Scenic ? "Scenic " : "")}{encoder} encoder of {Name}", [.. FileNames[layout].Select(n => $"v{Version}_0/checkpoints/{layout.ToString().ToLowerInvariant()}/{n}_{encoder}.npz")]);
}

/// <summary>A file of a release.</summary>
/// <param name="Title">What it is, for messages.</param>
/// <param name="Paths">Its path below the base address; more than one where the publisher's pages differ, tried in this order.</param>
internal sealed record ReleasedFile(string Title, IReadOnlyList<string> Paths);

/// <summary>Scores as published, in percent (depth in metres); null where none is.</summary>
/// <param name="PascalSegmentation">PASCAL VOC segmentation, mIoU.</param>
/// <param name="NyuDepth">NYUv2 depth, RMSE; less is better.</param>
/// <param name="ImageNetKnn">ImageNet k-NN, top-1.</param>
/// <param name="UnEdKnn">UnED retrieval by k-NN.</param>
/// <param name="ImageToText">Flickr30K image to text, R@1.</param>
/// <param name="TextToImage">Flickr30K text to image, R@1.</param>
internal sealed record PublishedScores(double PascalSegmentation, double NyuDepth, double ImageNetKnn, double? UnEdKnn, double ImageToText, double TextToImage);
