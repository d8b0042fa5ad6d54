#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Predicts depth, normals and classes of every pixel, with a model that has heads; the image encoder runs once for all of them.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-v2-b14");
var prediction = DensePrediction.Compute(model, "photos/rocket1.png");
Console.WriteLine($"depth: {prediction.Depth!.Height}x{prediction.Depth.Width}, the middle {prediction.Depth[56, 56]:F1} m away");
Console.WriteLine($"normals: {prediction.Normals![56, 56].Length} coordinates a pixel");
Console.WriteLine($"segmentation: {prediction.Segmentation!.Labels.Count} classes");
#endregion

// Output, with a small model of the tests:
// depth: 112x112, the middle 4.8 m away
// normals: 3 coordinates a pixel
// segmentation: 12 classes
