#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false

// Loads the pipeline that Classify.cs saved, and classifies a new picture with it.

#region program
using Microsoft.ML;

var mlContext = new MLContext();
var pipeline = mlContext.Model.Load("pipeline.zip", out _);
using var engine = mlContext.Model.CreatePredictionEngine<Photo, Prediction>(pipeline);
var prediction = engine.Predict(new Photo("photos/banana3.png", ""));
Console.WriteLine($"{prediction.Class}: {prediction.Score.Max():P0}");

internal sealed record Photo(string Path, string Label);

internal sealed class Prediction
{
    public string Class { get; set; } = "";

    public float[] Score { get; set; } = [];
}
#endregion

// Output, with the tiny model of the samples:
// banana: 93 %
