#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false

// Embeds a column of texts.

#region program
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet;

Post[] posts = [new("a ripe banana"), new("a dolphin in the sea"), new("a rocket taking off")];

using var model = TipsModel.Load("tips-b14");
var mlContext = new MLContext();
var rows = mlContext.Data.LoadFromEnumerable(posts);
var embedded = mlContext.Transforms.TipsTextEmbedding("Embedding", nameof(Post.Caption), model).Fit(rows).Transform(rows);
float[][] embeddings = [.. embedded.GetColumn<float[]>("Embedding")];
Console.WriteLine($"{embeddings.Length} texts of {embeddings[0].Length} numbers");

internal sealed record Post(string Caption);
#endregion

// Output, with the tiny model of the samples:
// 3 texts of 192 numbers
