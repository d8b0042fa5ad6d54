using System.CommandLine;
using BenchmarkDotNet.Running;
using Tips.MLNet.Benchmarks;
using Tips.MLNet.Benchmarks.Pipelines;
using Tips.MLNet.Benchmarks.Texts;
using Tips.MLNet.Models;

RuntimeTelemetry.Disable();

// These commands measure by themselves, most of them with methods that take turns. Everything else is up to BenchmarkDotNet.
string[] verbs = ["pipeline", "precision", "text", "tokenizer", "index", "dense", "heads", "decoding", "store"];
if (args.Length == 0 || !verbs.Contains(args[0]))
    return BenchmarkSwitcher.FromAssembly(typeof(PipelineComparison).Assembly).Run(args) is null ? 1 : 0;

var turns = new Option<int>("--turns") { Description = "Number of turns.", DefaultValueFactory = _ => 5 };
var root = new RootCommand("Compares methods that take turns.");

var pictures = new Option<int>("--pictures") { Description = "Number of JPEG files to embed.", DefaultValueFactory = _ => 200 };
var size = new Option<int>("--image-size") { Description = "Side of the model's input in pixels.", DefaultValueFactory = _ => 448 };
var model = new Option<string?>("--model")
{
    Description = "Model folder. Default: an S/14 model with weights from a formula.",
    HelpName = "DIR",
};
var pipeline = new Command(
    "pipeline", "Embed JPEG files with our pipeline, with ML.NET's own transforms, and with a bare ONNX Runtime session.")
{
    pictures, size, model,
};
pipeline.SetAction(parsed => PipelineComparison.Run(parsed.GetValue(pictures), parsed.GetValue(size), parsed.GetValue(model)));
root.Add(pipeline);

var jpegWidth = new Option<int>("--jpeg-width") { Description = "Width of the files in pixels.", DefaultValueFactory = _ => 640 };
var jpegHeight = new Option<int>("--jpeg-height") { Description = "Their height.", DefaultValueFactory = _ => 480 };
var weights = new Option<string>("--precision") { Description = "fp32, fp16 or int8.", DefaultValueFactory = _ => "fp32" };
var decoding = new Command("decoding", "Embed files, beside decoding alone and encoding alone, each on all cores.")
{
    pictures, turns, jpegWidth, jpegHeight, size, weights, model,
};
decoding.SetAction(parsed => DecodingComparison.Run(
    parsed.GetValue(pictures),
    parsed.GetValue(turns),
    (parsed.GetValue(jpegWidth), parsed.GetValue(jpegHeight)),
    parsed.GetValue(size),
    parsed.GetRequiredValue(weights),
    parsed.GetValue(model)));
root.Add(decoding);

var storeModel = new Option<string>("--model") { Description = "Model folder.", HelpName = "DIR", Required = true };
var store = new Command("store", "Fit a k-NN pipeline with and without an embedding store.") { pictures, turns, storeModel };
store.SetAction(parsed => StoreComparison.Run(parsed.GetValue(pictures), parsed.GetValue(turns), parsed.GetRequiredValue(storeModel)));
root.Add(store);

var batch = new Option<int>("--batch") { Description = "Pictures run together.", DefaultValueFactory = _ => 1 };
var cuda = new Option<bool>("--cuda") { Description = "Run on the first GPU; needs a build with -p:OnnxRuntime=Gpu." };
var precision = new Command(
    "precision", "Embed pictures with models in fp32, fp16 and int8 (on a GPU without int8).") { size, turns, batch, cuda };
precision.SetAction(
    parsed => PrecisionComparison.Run(
        parsed.GetValue(size), parsed.GetValue(turns), parsed.GetValue(batch), parsed.GetValue(cuda)));
root.Add(precision);

var tokenizer = new Option<string>("--tokenizer") { Description = "SentencePiece model file.", HelpName = "FILE", Required = true };
var captions = new Option<int>("--captions") { Description = "Number of captions to embed.", DefaultValueFactory = _ => 2000 };
var text = new Command("text", "Embed captions of 8 to 16 tokens, batched by length and all padded to 64.") { tokenizer, captions, turns };
text.SetAction(parsed => TextComparison.Run(parsed.GetValue(captions), parsed.GetValue(turns), parsed.GetRequiredValue(tokenizer)));
root.Add(text);

var lines = new Option<int>("--lines") { Description = "Number of lines to tokenize.", DefaultValueFactory = _ => 100_000 };
var tokenize = new Command("tokenizer", "Tokenize a file with TipsTokenizer and with spm_encode of the SentencePiece library.")
{
    tokenizer, lines, turns,
};
tokenize.SetAction(parsed => TokenizerComparison.Run(parsed.GetRequiredValue(tokenizer), parsed.GetValue(lines), parsed.GetValue(turns)));
root.Add(tokenize);

var entries = new Option<int>("--entries") { Description = "Number of embeddings in the index.", DefaultValueFactory = _ => 1_000_000 };
var queries = new Option<int>("--queries") { Description = "Number of queries.", DefaultValueFactory = _ => 1000 };
var index = new Command("index", "Search a large embedding index.") { entries, queries, turns };
index.SetAction(parsed => EmbeddingIndexComparison.Run(parsed.GetValue(entries), parsed.GetValue(queries), parsed.GetValue(turns)));
root.Add(index);

var height = new Option<int>("--height") { Description = "Height of the picture in pixels.", DefaultValueFactory = _ => 1456 };
var width = new Option<int>("--width") { Description = "Width of the picture in pixels.", DefaultValueFactory = _ => 1792 };
var dense = new Command("dense", "Embed the patches of a large picture in windows, and segment it.") { height, width, turns };
dense.SetAction(parsed => DenseComparison.Run(parsed.GetValue(height), parsed.GetValue(width), parsed.GetValue(turns)));
root.Add(dense);

var heads = new Command("heads", "Run each dense prediction head alone, against the rate of a matrix product.") { turns };
heads.SetAction(parsed => HeadComparison.Run(parsed.GetValue(turns)));
root.Add(heads);

return root.Parse(args).Invoke();
