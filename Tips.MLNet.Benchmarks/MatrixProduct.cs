using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Tips.MLNet.Models.Onnx;

namespace Tips.MLNet.Benchmarks;

/// <summary>A large matrix product in ONNX Runtime: what the machine can multiply in a second.</summary>
internal sealed class MatrixProduct : IDisposable
{
    private const int Size = 2048;

    private readonly InferenceSession _session;
    private readonly float[] _left = new float[Size * Size], _right = new float[Size * Size], _result = new float[Size * Size];

    public MatrixProduct(string folder)
    {
        var graph = new GraphProto { Name = "product" };
        foreach (string name in (string[])["a", "b"]) graph.Input.Add(Value(name));
        graph.Output.Add(Value("c"));
        var node = new NodeProto { OpType = "MatMul" };
        node.Input.Add(["a", "b"]);
        node.Output.Add("c");
        graph.Node.Add(node);
        var model = new ModelProto { IrVersion = 9, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 20 });
        string path = Path.Combine(folder, "product.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        _session = new InferenceSession(path);
        var random = new Random(1);
        for (int i = 0; i < _left.Length; i++) (_left[i], _right[i]) = (random.NextSingle() - 0.5f, random.NextSingle() - 0.5f);
    }

    /// <summary>Floating-point operations of a run.</summary>
    public static double Flop => 2.0 * Size * Size * Size;

    public void Run()
    {
        using var options = new RunOptions();
        using var left = OrtValue.CreateTensorValueFromMemory(_left, [Size, Size]);
        using var right = OrtValue.CreateTensorValueFromMemory(_right, [Size, Size]);
        using var result = OrtValue.CreateTensorValueFromMemory(_result, [Size, Size]);
        _session.Run(options, ["a", "b"], [left, right], ["c"], [result]);
    }

    public void Dispose() => _session.Dispose();

    private static ValueInfoProto Value(string name)
    {
        var shape = new TensorShapeProto();
        for (int i = 0; i < 2; i++) shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = Size });
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = shape } },
        };
    }
}
