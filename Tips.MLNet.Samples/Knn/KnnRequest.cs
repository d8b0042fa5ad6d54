namespace Tips.MLNet.Samples.Knn;

/// <summary>What the k-NN sample is asked to do.</summary>
internal sealed record KnnRequest
{
    /// <summary>Model folder; null for the one that comes with the samples.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>Folder with one subfolder per class, or a table; null for the pictures that come with the samples.</summary>
    public string? Images { get; init; }

    /// <summary>Names of the classes, if folders or labels are codes.</summary>
    public string? NamesFile { get; init; }

    public int Neighbors { get; init; } = 20;

    public double TestFraction { get; init; } = 0.2;

    public int Seed { get; init; } = 1;

    public string PipelineFile { get; init; } = "pipeline.zip";

    /// <summary>Picture for the reloaded pipeline to classify; null for the first test picture.</summary>
    public string? Classify { get; init; }
}
