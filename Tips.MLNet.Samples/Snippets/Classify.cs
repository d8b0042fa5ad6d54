#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false

// Trains a k-NN classifier on labeled pictures and saves it, from file path to class.

#region program
using Microsoft.ML;
using Tips.MLNet;

Photo[] photos =
[
    new("photos/banana1.png", "banana"), new("photos/banana2.png", "banana"),
    new("photos/dolphin1.png", "dolphin"), new("photos/dolphin2.png", "dolphin"),
    new("photos/rocket1.png", "rocket"), new("photos/rocket2.png", "rocket"),
];

using var model = TipsModel.Load("tips-b14");
var mlContext = new MLContext();
var rows = mlContext.Data.LoadFromEnumerable(photos);
var pipeline = mlContext.Transforms.TipsImageEmbedding("Embedding", nameof(Photo.Path), model)
    .Append(mlContext.Transforms.Conversion.MapValueToKey("Key", nameof(Photo.Label)))
    .Append(mlContext.MulticlassClassification.Trainers.KNearestNeighbors("Key", "Embedding"))
    .Append(mlContext.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel"));
var trained = pipeline.Fit(rows);
mlContext.Model.Save(trained, rows.Schema, "pipeline.zip");
Console.WriteLine($"saved pipeline.zip, {new FileInfo("pipeline.zip").Length / 1e6:F0} MB");

internal sealed record Photo(string Path, string Label);
#endregion

// Output, with the tiny model of the samples:
// saved pipeline.zip, 8 MB
