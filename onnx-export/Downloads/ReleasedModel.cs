namespace Tips.OnnxExport.Downloads;

/// <summary>The file format of a release.</summary>
internal enum ReleaseLayout
{
    PyTorch,
    Scenic,
}

/// <summary>A model released by Google DeepMind.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Version">1 for TIPS, 2 for TIPSv2.</param>
/// <param name="Variant">"S/14" and so on.</param>
/// <param name="Resolution">Side of the training images in pixels.</param>
/// <param name="Shape">The sizes of its encoders.</param>
/// <param name="Parameters">Parameters of the image encoder and of the text encoder, in millions.</param>
/// <param name="Scores">Published scores.</param>
/// <param name="FileNames">The model's part of the file names, by layout; several forms where the publisher's pages differ.</param>
internal sealed record ReleasedModel(
    string Name,
    int Version,
    string Variant,
    int Resolution,
    ModelShape Shape,
    (double Vision, double Text) Parameters,
    PublishedScores Scores,
    IReadOnlyDictionary<ReleaseLayout, string[]> FileNames)
{
    /// <summary>Side of a patch in pixels, the same in all models.</summary>
    public const int PatchSize = 14;

    private const double BytesPerParameter = 4;

    /// <summary>Approximate size of both encoders together, in bytes. The files are float32.</summary>
    public double ApproximateLength => (Parameters.Vision + Parameters.Text) * 1e6 * BytesPerParameter;

    /// <summary>The name that the exported model gets.</summary>
    public string ModelName => Version == 1 ? $"tips-{Name}" : $"tips{Name}";

    public ReleasedFile Vision(ReleaseLayout layout) => File(layout, "vision");

    public ReleasedFile Text(ReleaseLayout layout) => File(layout, "text");

    /// <summary>Whether heads for dense prediction were released with it.</summary>
    public bool HasHeads => Version == 2;

    /// <summary>The head for a task, which is in the Scenic release only and fits both.</summary>
    /// <param name="task">"depth", "normals" or "segmentation".</param>
    public ReleasedFile Head(string task) => HasHeads
        ? new ReleasedFile(
            $"head for {task} of {Name}",
            [.. FileNames[ReleaseLayout.Scenic].Select(name => $"v2_0/checkpoints/scenic/{name}_{task}_dpt.zip")])
        : throw new InvalidOperationException($"{Name} has no heads.");

    private ReleasedFile File(ReleaseLayout layout, string encoder)
    {
        string title = $"{(layout == ReleaseLayout.Scenic ? "Scenic " : "")}{encoder} encoder of {Name}";
        string folder = $"v{Version}_0/checkpoints/{layout.ToString().ToLowerInvariant()}";
        return new ReleasedFile(title, [.. FileNames[layout].Select(name => $"{folder}/{name}_{encoder}.npz")]);
    }
}

/// <summary>The sizes of a model's encoders, which tell it from the others.</summary>
/// <param name="Width">Width of both encoders, the length of an embedding.</param>
/// <param name="VisionLayers">Blocks of the image encoder.</param>
/// <param name="FeedForward">"mlp" or "swiglu" in the image encoder.</param>
/// <param name="VisionHidden">Hidden values of its feed-forward layers.</param>
/// <param name="TextLayers">Blocks of the text encoder.</param>
/// <param name="TextHidden">Hidden values of its MLPs.</param>
internal sealed record ModelShape(int Width, int VisionLayers, string FeedForward, int VisionHidden, int TextLayers, int TextHidden);

/// <summary>A file of a release.</summary>
/// <param name="Title">What the file is, for messages.</param>
/// <param name="Paths">Its path relative to the base URL; several where the publisher's pages differ, tried in this order.</param>
internal sealed record ReleasedFile(string Title, IReadOnlyList<string> Paths);

/// <summary>Published scores in percent (depth in meters); null if not published.</summary>
/// <param name="PascalSegmentation">PASCAL VOC segmentation, mIoU.</param>
/// <param name="NyuDepth">NYUv2 depth, RMSE; lower is better.</param>
/// <param name="ImageNetKnn">ImageNet k-NN, top-1.</param>
/// <param name="UnEdKnn">UnED retrieval by k-NN.</param>
/// <param name="ImageToText">Flickr30K image to text, R@1.</param>
/// <param name="TextToImage">Flickr30K text to image, R@1.</param>
internal sealed record PublishedScores(
    double PascalSegmentation, double NyuDepth, double ImageNetKnn, double? UnEdKnn, double ImageToText, double TextToImage);
