using Microsoft.ML;

namespace Tips.MLNet.Samples.Predict;

/// <summary>Reads predictions from the columns of a pipeline.</summary>
internal interface IPredictor
{
    /// <summary>The columns that it reads.</summary>
    IReadOnlyList<string> Columns { get; }

    /// <summary>Makes a reader of the row that a cursor is on.</summary>
    /// <returns>The reader; it gives null if the pipeline has no prediction for the row.</returns>
    Func<string, PicturePrediction?> Bind(DataViewRow cursor);
}
