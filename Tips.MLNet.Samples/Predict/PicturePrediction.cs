namespace Tips.MLNet.Samples.Predict;

/// <summary>What the numbers of a prediction are.</summary>
internal enum PredictionKind
{
    /// <summary>Probabilities of classes, which add up to 1.</summary>
    Probabilities,

    /// <summary>Scores of classes, the higher the better, that are no probabilities.</summary>
    Scores,

    /// <summary>Distances to the centers of clusters.</summary>
    Distances,

    /// <summary>The share of foreground.</summary>
    Foreground,
}

/// <summary>The prediction for one picture.</summary>
/// <param name="Kind">What the numbers are.</param>
/// <param name="Label">The class, or the number of the cluster; empty if there is none.</param>
/// <param name="IsRejected">Whether the best class is not probable enough.</param>
/// <param name="Best">The best classes and their numbers; of foreground, its share alone.</param>
internal sealed record PicturePrediction(
    PredictionKind Kind, string Label, bool IsRejected, IReadOnlyList<(string Name, float Value)> Best)
{
    /// <summary>What it is called, in files of predictions.</summary>
    public string LabelTitle => Kind == PredictionKind.Distances ? "cluster" : "label";

    /// <summary>What its numbers are called.</summary>
    public string ValueTitle => Kind switch
    {
        PredictionKind.Probabilities => "probability",
        PredictionKind.Scores => "score",
        PredictionKind.Distances => "distance",
        _ => "foreground",
    };

    /// <summary>What a member of <see cref="Best"/> is called.</summary>
    public string NameTitle => Kind == PredictionKind.Distances ? "cluster" : "class";
}
