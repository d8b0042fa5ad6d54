namespace Tips.MLNet.Samples.Knn;

/// <summary>What <c>knn</c> found, for --json.</summary>
internal sealed record KnnResult
{
    public required string Model { get; init; }

    public required int EmbeddingDimension { get; init; }

    public required int TrainingPictures { get; init; }

    public required int Classes { get; init; }

    public required int Neighbors { get; init; }

    public required ClassificationScores Scores { get; init; }

    /// <summary>File of the saved pipeline, and its size.</summary>
    public required string Pipeline { get; init; }

    public required long PipelineBytes { get; init; }

    /// <summary>The picture that the reloaded pipeline classified.</summary>
    public required string Classified { get; init; }

    /// <summary>Its most probable classes.</summary>
    public required IReadOnlyList<LabelProbability> Top { get; init; }
}

/// <summary>A class and its probability.</summary>
internal sealed record LabelProbability(string Label, double Probability);
