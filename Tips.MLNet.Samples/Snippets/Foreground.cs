#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Learns from a few pictures with masks what foreground is, and finds it in a new picture.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
string[] names = ["banana1", "dolphin1", "rocket1", "trumpet1"];
ForegroundExample[] examples = [.. names.Select(name => ForegroundExample.Create(model, $"photos/{name}.png", $"masks/{name}.png"))];
var classifier = ForegroundClassifier.Train(model, examples);
classifier.Save("foreground.json");

var map = ForegroundClassifier.Load("foreground.json").Classify(model, "photos/strawberry1.png");
for (int row = 0; row < map.Rows; row++)
    Console.WriteLine(string.Concat(Enumerable.Range(0, map.Columns).Select(c => map.Smoothed[row * map.Columns + c] > 0.5f ? '#' : '.')));
#endregion

// Output, with the tiny model of the samples:
// ..##..
// .####.
// .####.
// .####.
// .####.
// ..##..
