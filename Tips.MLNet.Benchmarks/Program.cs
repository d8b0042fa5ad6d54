using System.CommandLine;
using BenchmarkDotNet.Running;
using Tips.MLNet.Benchmarks.Pipelines;
using Tips.MLNet.Models;

RuntimeTelemetry.Disable();

// "pipeline" measures whole pipelines in turns; everything else is BenchmarkDotNet's.
if (args is not ["pipeline", ..]) return BenchmarkSwitcher.FromAssembly(typeof(PipelineComparison).Assembly).Run(args) is null ? 1 : 0;

var pictures = new Option<int>("--pictures") { Description = "JPEG files to embed.", DefaultValueFactory = _ => 200 };
var size = new Option<int>("--image-size") { Description = "Side of the model's input in pixels.", DefaultValueFactory = _ => 448 };
var model = new Option<string?>("--model") { Description = "Model folder. Default: an S/14 tower filled by formula.", HelpName = "DIR" };
var command = new Command("pipeline", "Embeds JPEG files through our pipeline, through ML.NET's own transforms, and through the bare ONNX session, in turns.") { pictures, size, model };
command.SetAction(parsed => PipelineComparison.Run(parsed.GetValue(pictures), parsed.GetValue(size), parsed.GetValue(model)));
return command.Parse(args[1..]).Invoke();
