#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false

// Zero-shot classification as a step of an ML.NET pipeline, evaluated like any other classifier.

#region program
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet;

Photo[] photos =
[
    new("photos/rocket1.png", "rocket"), new("photos/banana1.png", "banana"), new("photos/dolphin1.png", "dolphin"),
];

using var model = TipsModel.Load("tips-b14");
var mlContext = new MLContext();
var rows = mlContext.Data.LoadFromEnumerable(photos);
var classifier = ZeroShotClassifier.Create(model, ["banana", "dolphin", "rocket"]);
var pipeline = mlContext.Transforms.TipsImageEmbedding("Embedding", nameof(Photo.Path), model)
    .Append(mlContext.Transforms.TipsZeroShotClassification("Embedding", classifier, nameof(Photo.Label)))
    .Append(mlContext.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel"));
var classified = pipeline.Fit(rows).Transform(rows);
foreach (string name in classified.GetColumn<string>("Class")) Console.WriteLine(name);
var metrics = mlContext.MulticlassClassification.Evaluate(classified, nameof(Photo.Label));
Console.WriteLine($"accuracy {metrics.MicroAccuracy:P0}");

internal sealed record Photo(string Path, string Label);
#endregion

// Output, with the tiny model of the samples:
// rocket
// banana
// dolphin
// accuracy 100 %
