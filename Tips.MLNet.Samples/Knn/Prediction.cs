namespace Tips.MLNet.Samples.Knn;

/// <summary>The prediction for one picture.</summary>
internal sealed class Prediction
{
    public string Path { get; set; } = "";

    public string Label { get; set; } = "";

    public string PredictedName { get; set; } = "";

    public float[] Score { get; set; } = [];

    /// <summary>Probability of the predicted class.</summary>
    public float Confidence => Score.Max();
}
