using System.CommandLine;
using BenchmarkDotNet.Running;
using Tips.MLNet.Benchmarks;
using Tips.MLNet.Benchmarks.Pipelines;
using Tips.MLNet.Benchmarks.Texts;
using Tips.MLNet.Models;

RuntimeTelemetry.Disable();

// These verbs measure by themselves, most of them in turns; everything else is BenchmarkDotNet's.
string[] verbs = ["pipeline", "precision", "text", "tokenizer", "index"];
if (args.Length == 0 || !verbs.Contains(args[0])) return BenchmarkSwitcher.FromAssembly(typeof(PipelineComparison).Assembly).Run(args) is null ? 1 : 0;

var turns = new Option<int>("--turns") { Description = "Turns to measure.", DefaultValueFactory = _ => 5 };
var root = new RootCommand("Measures in turns.");

var pictures = new Option<int>("--pictures") { Description = "JPEG files to embed.", DefaultValueFactory = _ => 200 };
var size = new Option<int>("--image-size") { Description = "Side of the model's input in pixels.", DefaultValueFactory = _ => 448 };
var model = new Option<string?>("--model") { Description = "Model folder. Default: an S/14 tower filled by formula.", HelpName = "DIR" };
var pipeline = new Command("pipeline", "Embeds JPEG files through our pipeline, through ML.NET's own transforms, and through the bare ONNX session.") { pictures, size, model };
pipeline.SetAction(parsed => PipelineComparison.Run(parsed.GetValue(pictures), parsed.GetValue(size), parsed.GetValue(model)));
root.Add(pipeline);

var precision = new Command("precision", "Embeds a picture by models in fp32, fp16 and int8.") { size, turns };
precision.SetAction(parsed => PrecisionComparison.Run(parsed.GetValue(size), parsed.GetValue(turns)));
root.Add(precision);

var tokenizer = new Option<string>("--tokenizer") { Description = "SentencePiece model file.", HelpName = "FILE", Required = true };
var captions = new Option<int>("--captions") { Description = "Captions to embed.", DefaultValueFactory = _ => 2000 };
var text = new Command("text", "Embeds captions of 8 to 16 tokens, batched by length and all padded to 64.") { tokenizer, captions, turns };
text.SetAction(parsed => TextComparison.Run(parsed.GetValue(captions), parsed.GetValue(turns), parsed.GetRequiredValue(tokenizer)));
root.Add(text);

var lines = new Option<int>("--lines") { Description = "Lines to tokenise.", DefaultValueFactory = _ => 100_000 };
var tokenize = new Command("tokenizer", "Tokenises a file by us and by the SentencePiece library's spm_encode.") { tokenizer, lines, turns };
tokenize.SetAction(parsed => TokenizerComparison.Run(parsed.GetRequiredValue(tokenizer), parsed.GetValue(lines), parsed.GetValue(turns)));
root.Add(tokenize);

var entries = new Option<int>("--entries") { Description = "Embeddings in the index.", DefaultValueFactory = _ => 1_000_000 };
var queries = new Option<int>("--queries") { Description = "Queries.", DefaultValueFactory = _ => 1000 };
var index = new Command("index", "Searches a large embedding index.") { entries, queries, turns };
index.SetAction(parsed => EmbeddingIndexComparison.Run(parsed.GetValue(entries), parsed.GetValue(queries), parsed.GetValue(turns)));
root.Add(index);

return root.Parse(args).Invoke();
