#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Measures retrieval in both directions: recall@k of texts by picture and of pictures by text.

#region program
using Tips.MLNet;
using Tips.MLNet.Evaluation;

string[] names = ["banana", "dolphin", "hamburger", "rocket", "strawberry", "trumpet"];

using var model = TipsModel.Load("tips-b14");
float[][] images = model.EmbedImages(names.Select(name => (ImageSource)$"photos/{name}1.png"));
float[][] texts = model.EmbedTexts(names.Select(name => $"a {name}"));
int[] imageOfText = [.. Enumerable.Range(0, names.Length)];
var recall = RetrievalMetrics.Compute(images.SelectMany(e => e).ToArray(), texts.SelectMany(e => e).ToArray(),
    model.EmbeddingDimension, imageOfText, cutoffs: [1, 3]);
Console.WriteLine($"text to image: R@1 {recall.TextToImage[0]:P0}, R@3 {recall.TextToImage[1]:P0}");
#endregion

// Output, with the tiny model of the samples:
// text to image: R@1 100 %, R@3 100 %
