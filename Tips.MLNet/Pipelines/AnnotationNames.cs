namespace Tips.MLNet.Pipelines;

/// <summary>Names of column annotations: ML.NET's, and ours.</summary>
internal static class AnnotationNames
{
    public const string IsNormalized = "IsNormalized";
    public const string KeyValues = "KeyValues";
    public const string SlotNames = "SlotNames";
    public const string ScoreColumnKind = "ScoreColumnKind";
    public const string ScoreValueKind = "ScoreValueKind";
    /// <summary>Rows and columns of a grid of vectors; ours.</summary>
    public const string Grid = "Grid";

    public const string TrainingLabelValues = "TrainingLabelValues";
}
