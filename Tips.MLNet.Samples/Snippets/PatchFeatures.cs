#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false

// Embeds the patches of pictures in a pipeline: a column of rows x columns x D numbers.

#region program
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
var mlContext = new MLContext();
var rows = mlContext.Data.LoadFromEnumerable([new Photo("photos/banana1.png"), new Photo("photos/rocket1.png")]);
var options = new TipsPatchFeaturesOptions { ValuePath = true };
var pipeline = mlContext.Transforms.TipsPatchFeatures("Patches", nameof(Photo.Path), model, options);
var view = pipeline.Fit(rows).Transform(rows);

Console.WriteLine(view.Schema["Patches"].Type);
foreach (float[] patches in view.GetColumn<float[]>("Patches")) Console.WriteLine($"{patches.Length} numbers");

internal sealed record Photo(string Path);
#endregion

// Output, with the tiny model of the samples:
// Vector<Single, 6, 6, 192>
// 6912 numbers
// 6912 numbers
