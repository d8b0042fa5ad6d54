// SkiaSharp3Program MODEL PICTURE: an application with SkiaSharp 3 beside ML.NET, which was made for 2. Prints the version of SkiaSharp,
// the bits of the picture's embedding from a column of paths, from one of bytes and from its file, and what LoadImages leads to.
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet;

using var model = TipsModel.Load(args[0]);
var mlContext = new MLContext();
var rows = mlContext.Data.LoadFromEnumerable([new Row { Path = args[1], Bytes = File.ReadAllBytes(args[1]) }]);
Console.WriteLine(typeof(SkiaSharp.SKBitmap).Assembly.GetName().Version!.Major);
foreach (string column in (string[])["Path", "Bytes"])
    Console.WriteLine(Bits(mlContext.Transforms.TipsImageEmbedding("Embedding", column, model).Fit(rows).Transform(rows)));
Console.WriteLine(string.Join(",", model.EmbedImage(args[1]).Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8"))));
var loaded = mlContext.Transforms.LoadImages("Image", "", "Path").Fit(rows).Transform(rows);
try
{
    Console.WriteLine(Bits(mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", model).Fit(loaded).Transform(loaded)));
}
catch (NotSupportedException e)
{
    Console.WriteLine(e.Message);
}

static string Bits(IDataView view)
    => string.Join(",", view.GetColumn<float[]>("Embedding").Single().Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8")));

internal sealed class Row
{
    public string Path { get; set; } = "";

    public byte[] Bytes { get; set; } = [];
}
