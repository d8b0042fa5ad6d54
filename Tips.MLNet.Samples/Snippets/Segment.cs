#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Divides a picture into regions by the names of classes, without training.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
var classes = ZeroShotClassifier.Create(model, ["background", "banana", "dolphin", "rocket"], PromptTemplate.Reference);
var segmenter = new ZeroShotSegmenter(model, classes);

var map = segmenter.Segment("photos/dolphin1.png");
double[] shares = map.Shares();
for (int i = 0; i < shares.Length; i++) Console.WriteLine($"{map.Labels[i]}: {shares[i]:P0}");
Console.WriteLine($"the pixel in the middle: {map.Labels[map[map.Height / 2, map.Width / 2]]}");
#endregion

// Output, with the tiny model of the samples:
// background: 38 %
// banana: 0 %
// dolphin: 61 %
// rocket: 1 %
// the pixel in the middle: dolphin
