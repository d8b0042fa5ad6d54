namespace Tips.MLNet.Samples.Dense;

/// <summary>What <c>patches</c> wrote, for --json.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Folder">Folder of the arrays.</param>
/// <param name="Arrays">The arrays.</param>
internal sealed record PatchesResult(string Model, string Folder, IReadOnlyList<PatchArray> Arrays);

/// <summary>A file of rows x columns x D numbers.</summary>
internal sealed record PatchArray(string Path, int Rows, int Columns, int Dimension);

/// <summary>The files that <c>pca</c> or <c>normals</c> wrote, one for each picture, for --json.</summary>
internal sealed record DenseFilesResult(string Model, string Folder, IReadOnlyList<string> Files);

/// <summary>What <c>depth</c> found, for --json.</summary>
internal sealed record DepthResult(string Model, string Folder, IReadOnlyList<DepthSummary> Pictures);

/// <summary>The depths of a picture, and the array of all of them.</summary>
internal sealed record DepthSummary(string Picture, string Path, float NearestMeters, float MedianMeters, float FarthestMeters);

/// <summary>What <c>heatmap</c> found, for --json.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Folder">Folder of the heat maps.</param>
/// <param name="Found">What was looked for, in every picture.</param>
/// <param name="InRightQuarter">Texts that were found in the right quarter of a bundled collage; null without such.</param>
/// <param name="KnownTexts">Texts whose quarter is known; null without such.</param>
internal sealed record HeatmapResult(
    string Model, string Folder, IReadOnlyList<HeatmapFound> Found, int? InRightQuarter, int? KnownTexts);

/// <summary>Where something is found best, in pixels of the picture, and how similar that place is.</summary>
internal sealed record HeatmapFound(string Picture, string Query, float Cosine, double X, double Y, string Path);

/// <summary>What <c>segment</c> found, for --json.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Folder">Folder of the results.</param>
/// <param name="Pictures">How many pictures were divided.</param>
/// <param name="Classes">The classes that were found or are true somewhere, the largest first.</param>
/// <param name="MeanIntersectionOverUnion">The mIoU; null without the truth.</param>
/// <param name="PixelAccuracy">Share of the pixels whose class is right; null without the truth.</param>
/// <param name="PixelsCompared">Pixels that count for both; null without the truth.</param>
internal sealed record SegmentResult(
    string Model,
    string Folder,
    int Pictures,
    IReadOnlyList<SegmentShare> Classes,
    double? MeanIntersectionOverUnion,
    double? PixelAccuracy,
    long? PixelsCompared);

/// <summary>A class, its mean share of the pixels, and how well it agrees with the truth.</summary>
internal sealed record SegmentShare(string Label, double Share, double? IntersectionOverUnion);

/// <summary>What <c>foreground</c> found, for --json.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Folder">Folder of the results.</param>
/// <param name="Pictures">How many pictures were divided.</param>
/// <param name="Classifier">File of the classifier.</param>
/// <param name="LeaveOneOut">How well the pictures of the training are found if they are left out of it, for each C.</param>
/// <param name="Pipeline">File of the saved pipeline; null if nobody asked for one.</param>
internal sealed record ForegroundResult(
    string Model, string Folder, int Pictures, string Classifier, IReadOnlyList<ForegroundScore> LeaveOneOut, string? Pipeline);

/// <summary>A value of C, and the mean average precision with it.</summary>
internal sealed record ForegroundScore(double C, double MeanAveragePrecision);
