#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Finds the picture that fits a text.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");

using var index = new EmbeddingIndex(model.EmbeddingDimension);
foreach (string path in Directory.GetFiles("photos"))
    index.Add(path, model.EmbedImage(path));

foreach (var hit in index.Search(model.EmbedText("a banana"), count: 3))
    Console.WriteLine($"{hit.Similarity:F2}  {hit.Id}");
#endregion

// Output, with the tiny model of the samples:
// 0.45  photos/banana1.png
// 0.42  photos/banana3.png
// 0.40  photos/banana2.png
