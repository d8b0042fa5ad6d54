using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Tips.MLNet.Models.Onnx;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>A head as an ONNX model, run by ONNX Runtime, with inner values as further outputs.</summary>
internal sealed class HeadModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InferenceSession _session;
    private readonly string[] _outputs;

    public HeadModel(DptHead head, HeadTask task, HeadOptions? options = null, params string[] inner)
    {
        var weights = new WeightTable();
        Graph = DptGraph.Build(head, task, options ?? new HeadOptions(), weights).Build("weights.safetensors", "tests", "1");
        using (var stream = File.Create(_folder["weights.safetensors"])) weights.Write(stream, null, CancellationToken.None);
        _outputs = [Graph.Graph.Output.Single().Name, .. inner];
        var extended = Graph.Clone();
        extended.Graph.Output.AddRange(inner.Select(name => new ValueInfoProto { Name = name }));
        File.WriteAllBytes(_folder["head.onnx"], extended.ToByteArray());
        _session = new InferenceSession(_folder["head.onnx"]);
    }

    /// <summary>The model without further outputs.</summary>
    public ModelProto Graph { get; }

    /// <summary>Its own output first, then the inner values.</summary>
    /// <param name="levels">For each level the tokens of all pictures.</param>
    /// <param name="width">Width of a token.</param>
    /// <param name="rows">Rows of patches.</param>
    /// <param name="columns">Columns of patches.</param>
    /// <param name="batch">Number of pictures.</param>
    public (long[] Shape, float[] Values)[] Run(float[][] levels, int width, int rows, int columns, int batch = 1)
    {
        string[] names = [.. Enumerable.Range(0, levels.Length).Select(DptGraph.Level), DptGraph.Grid];
        OrtValue[] inputs =
        [
            .. levels.Select(level => OrtValue.CreateTensorValueFromMemory(level, [batch, level.Length / batch / width, width])),
            OrtValue.CreateTensorValueFromMemory(new long[] { rows, columns }, [2]),
        ];
        try
        {
            using var runOptions = new RunOptions();
            using var outputs = _session.Run(runOptions, names, inputs, _outputs);
            return [.. outputs.Select(o => (o.GetTensorTypeAndShape().Shape, o.GetTensorDataAsSpan<float>().ToArray()))];
        }
        finally
        {
            foreach (var input in inputs) input.Dispose();
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }
}
