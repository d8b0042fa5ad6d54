#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// How similar are a picture and a text?

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
float[] image = model.EmbedImage("photos/rocket1.png"), text = model.EmbedText("a rocket");
Console.WriteLine($"cosine: {TipsModel.CosineSimilarity(image, text):F2}");
#endregion

// Output, with the tiny model of the samples:
// cosine: 0.42
