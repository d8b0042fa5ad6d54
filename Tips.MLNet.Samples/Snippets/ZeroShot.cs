#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Classifies a picture by nothing but the names of the classes.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
var classifier = ZeroShotClassifier.Create(model, ["banana", "dolphin", "rocket"], ["a photo of a {}.", "art of the {}."]);
var (label, probability) = classifier.Classify(model.EmbedImage("photos/dolphin3.png"));
Console.WriteLine($"{label}: {probability:P0}");
#endregion

// Output, with the tiny model of the samples:
// dolphin: 100 %
