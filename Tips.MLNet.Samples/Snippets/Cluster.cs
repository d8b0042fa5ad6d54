#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false

// Groups pictures without labels.

#region program
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet;

string[] paths = [.. Directory.GetFiles("photos").Order()];

using var model = TipsModel.Load("tips-b14");
var mlContext = new MLContext(seed: 1);
var rows = mlContext.Data.LoadFromEnumerable(paths.Select(path => new Photo(path)));
var pipeline = mlContext.Transforms.TipsImageEmbedding("Embedding", nameof(Photo.Path), model)
    .Append(mlContext.Clustering.Trainers.KMeans("Embedding", numberOfClusters: 3));
var clusters = pipeline.Fit(rows).Transform(rows).GetColumn<uint>("PredictedLabel");
foreach (var cluster in paths.Zip(clusters).GroupBy(p => p.Second, p => Path.GetFileNameWithoutExtension(p.First)))
    Console.WriteLine(string.Join(", ", cluster));

internal sealed record Photo(string Path);
#endregion

// Output, with the tiny model of the samples:
// banana1, banana2, banana3, dolphin1, dolphin2, dolphin3
// hamburger1, hamburger2, hamburger3, strawberry1, strawberry2, strawberry3
// rocket1, rocket2, rocket3, trumpet1, trumpet2, trumpet3
