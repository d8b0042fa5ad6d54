namespace Tips.MLNet.Samples.Knn;

/// <summary>One row of output.</summary>
internal sealed class Answer
{
    public string Path { get; set; } = "";

    public string Label { get; set; } = "";

    public string PredictedName { get; set; } = "";

    public float[] Score { get; set; } = [];

    /// <summary>Probability of the predicted class.</summary>
    public float Confidence => Score.Max();
}
