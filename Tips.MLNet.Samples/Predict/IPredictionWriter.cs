namespace Tips.MLNet.Samples.Predict;

/// <summary>Writes predictions one by one.</summary>
internal interface IPredictionWriter
{
    void Write(string path, PicturePrediction prediction);
}
