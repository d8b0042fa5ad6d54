namespace Tips.MLNet.Pipelines;

/// <summary>Names of column annotations: ML.NET's, and ours.</summary>
internal static class AnnotationNames
{
    public const string IsNormalized = "IsNormalized";
    public const string KeyValues = "KeyValues";
    public const string SlotNames = "SlotNames";
    public const string ScoreColumnKind = "ScoreColumnKind";
    public const string ScoreValueKind = "ScoreValueKind";
    /// <summary>Names of the classes that the values of a column are; ours.</summary>
    public const string Classes = "Classes";

    /// <summary>Rows and columns of a grid; ours.</summary>
    public const string Grid = "Grid";

    public const string TrainingLabelValues = "TrainingLabelValues";
}
