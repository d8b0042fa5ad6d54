#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false

// Trains logistic regression on the embeddings, which is known as a linear probe.

#region program
using Microsoft.ML;
using Tips.MLNet;

string[] paths = [.. Directory.GetFiles("photos").Order()];
var photos = paths.Select(path => new Photo(path, Path.GetFileNameWithoutExtension(path).TrimEnd('1', '2', '3')));

using var model = TipsModel.Load("tips-b14");
var mlContext = new MLContext(seed: 1);
var training = mlContext.Data.LoadFromEnumerable(photos.Where(photo => !photo.Path.Contains('3')));
var test = mlContext.Data.LoadFromEnumerable(photos.Where(photo => photo.Path.Contains('3')));
var pipeline = mlContext.Transforms.TipsImageEmbedding("Embedding", nameof(Photo.Path), model)
    .Append(mlContext.Transforms.Conversion.MapValueToKey("Key", nameof(Photo.Label)))
    .Append(mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
        "Key", "Embedding", l1Regularization: 0, l2Regularization: 0.01f));
var metrics = mlContext.MulticlassClassification.Evaluate(pipeline.Fit(training).Transform(test), labelColumnName: "Key");
Console.WriteLine($"accuracy: {metrics.MicroAccuracy:P0}");

internal sealed record Photo(string Path, string Label);
#endregion

// Output, with the tiny model of the samples:
// accuracy: 100 %
