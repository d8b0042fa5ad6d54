#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Keeps an index in a file, searches it there, and looks for near duplicates.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
using (var index = new EmbeddingIndex(model.EmbeddingDimension))
{
    string[] paths = [.. Directory.GetFiles("photos").Order()];
    float[][] embeddings = model.EmbedImages(paths.Select(path => (ImageSource)path));
    for (int i = 0; i < paths.Length; i++) index.Add(paths[i], embeddings[i], payload: i % 2 == 0 ? "mine" : "yours");
    index.Save("photos.index");
}

using var mapped = EmbeddingIndex.OpenMapped("photos.index");   // opened at once, whatever its size
foreach (var hit in mapped.Search(model.EmbedText("a dolphin"), count: 2, filter: (id, payload) => payload == "mine"))
    Console.WriteLine($"{hit.Similarity:F2}  {hit.Id}  {hit.Payload}");
foreach (var pair in mapped.FindSimilarPairs(threshold: 0.9f, maximumCount: 2))
    Console.WriteLine($"{pair.Similarity:F2}  {pair.First}  {pair.Second}");
#endregion

// Output, with the tiny model of the samples:
// 0.37  photos/dolphin2.png  mine
// 0.16  photos/trumpet2.png  mine
// 0.98  photos/hamburger2.png  photos/hamburger3.png
// 0.97  photos/strawberry1.png  photos/strawberry2.png
