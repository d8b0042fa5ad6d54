// FreshProcess PIPELINE.zip FOLDER: loads a pipeline with nothing but ML.NET and prints, for every picture of the folder in ordinal
// order, the predicted label, the bits of the scores and the bits of the embedding. It must never name Tips.MLNet: that is the point.
using Microsoft.ML;
using Microsoft.ML.Data;

var mlContext = new MLContext();
var pipeline = mlContext.Model.Load(args[0], out _);
var rows = mlContext.Data.LoadFromEnumerable(
    Directory.GetFiles(args[1]).Order(StringComparer.Ordinal).Select(path => new Input { Path = path }));
foreach (var row in mlContext.Data.CreateEnumerable<Output>(pipeline.Transform(rows), reuseRowObject: false))
{
    Console.WriteLine($"{row.PredictedLabel} {Bits(row.Score)} {Bits(row.Embedding)}");
}

static string Bits(float[] values) => string.Join(",", values.Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8")));

internal sealed class Input
{
    public string Path { get; set; } = "";
}

internal sealed class Output
{
    [KeyType(count: int.MaxValue)]
    public uint PredictedLabel { get; set; }

    public float[] Score { get; set; } = [];

    public float[] Embedding { get; set; } = [];
}
