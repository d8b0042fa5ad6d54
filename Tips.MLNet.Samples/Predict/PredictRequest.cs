using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Predict;

/// <summary>What <c>predict</c> is asked to do.</summary>
internal sealed record PredictRequest
{
    /// <summary>The saved pipeline.</summary>
    public required string Pipeline { get; init; }

    /// <summary>A picture, a folder or a table; null for the bundled drawings.</summary>
    public string? Images { get; init; }

    public ListFormat Format { get; init; }

    /// <summary>File to write; null for standard output.</summary>
    public string? Output { get; init; }

    /// <summary>A prediction whose best class is less probable than this is rejected; null rejects none.</summary>
    public float? Reject { get; init; }

    /// <summary>What a rejected picture gets as its label.</summary>
    public string RejectAs { get; init; } = "";

    /// <summary>Classes that are written for each picture.</summary>
    public int Top { get; init; } = 3;

    /// <summary>Folder for masks of foreground; null for none.</summary>
    public string? Masks { get; init; }

    /// <summary>Where to look for the models that the pipeline refers to.</summary>
    public IReadOnlyList<string> ModelFolders { get; init; } = [];
}
