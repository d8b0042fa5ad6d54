using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Tips.MLNet.Models.Onnx;
using Tips.OnnxExport.Towers;
using AttributeType = Tips.MLNet.Models.Onnx.AttributeProto.Types.AttributeType;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// Writes an ONNX graph node by node in the standard operator set. A value is known by its name; nodes are named after the value they make.
/// </summary>
internal sealed class GraphBuilder(string graphName, WeightTable weights)
{
    /// <summary>Operator set: the first with Gelu as one operator (20), so that the exact GELU needs no decomposition.</summary>
    private const int OpsetVersion = 20;

    /// <summary>The file format version that goes with operator set 20; later runtimes read it, too.</summary>
    private const int IrVersion = 9;

    // ONNX's numbers of types (TensorProto.DataType), beside those of the weights.
    private const int UInt8Type = 2, Int64Type = 7;

    private static readonly int FloatType = WeightType.Float32.OnnxCode(), HalfType = WeightType.Float16.OnnxCode();

    private readonly GraphProto _graph = new() { Name = graphName };
    private readonly HashSet<string> _initializers = new(StringComparer.Ordinal);
    private readonly List<TensorProto> _external = [];

    public string Input(string name, params object[] dimensions)
    {
        _graph.Input.Add(ValueInfo(name, FloatType, dimensions));
        return name;
    }

    /// <summary>An input of 64-bit integers.</summary>
    public string IntegerInput(string name, params object[] dimensions)
    {
        _graph.Input.Add(ValueInfo(name, Int64Type, dimensions));
        return name;
    }

    public void Output(string name, params object[] dimensions) => _graph.Output.Add(ValueInfo(name, FloatType, dimensions));

    /// <summary>A weight in the shared file.</summary>
    public string Weight(string name, Weight weight, WeightType type = WeightType.Float32)
    {
        weights.Add(name, weight, type);
        if (_initializers.Add(name))
        {
            var tensor = new TensorProto
            {
                Name = name,
                DataType = type.OnnxCode(),
                DataLocation = TensorProto.Types.DataLocation.External,
            };
            tensor.Dims.AddRange(weight.Shape.Select(d => (long)d));
            _graph.Initializer.Add(tensor);
            _external.Add(tensor);
        }

        return name;
    }

    /// <summary>A small vector of integers inside the graph: a shape, or sizes.</summary>
    public string Integers(params long[] values)
    {
        string name = "const." + string.Join("_", values);
        if (_initializers.Add(name))
        {
            var tensor = new TensorProto
            {
                Name = name,
                DataType = Int64Type,
                RawData = ByteString.CopyFrom(
                MemoryMarshal.AsBytes<long>(values))
            };
            tensor.Dims.Add(values.Length);
            _graph.Initializer.Add(tensor);
        }

        return name;
    }

    /// <summary>A single integer inside the graph.</summary>
    public string Integer(long value)
    {
        string name = "const.i" + value.ToString(CultureInfo.InvariantCulture);
        if (_initializers.Add(name))
        {
            _graph.Initializer.Add(
                new TensorProto { Name = name, DataType = Int64Type, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>([value])) });
        }

        return name;
    }

    /// <summary>A single number inside the graph.</summary>
    public string Number(float value)
    {
        string name = "const.f" + value.ToString("R", CultureInfo.InvariantCulture);
        if (_initializers.Add(name))
        {
            _graph.Initializer.Add(
                new TensorProto
                {
                    Name = name,
                    DataType = FloatType,
                    RawData = ByteString.CopyFrom(
                    MemoryMarshal.AsBytes<float>([value]))
                });
        }

        return name;
    }

    /// <summary>A single unsigned byte inside the graph.</summary>
    public string Byte(byte value)
    {
        string name = "const.u" + value.ToString(CultureInfo.InvariantCulture);
        if (_initializers.Add(name))
            _graph.Initializer.Add(new TensorProto { Name = name, DataType = UInt8Type, RawData = ByteString.CopyFrom([value]) });
        return name;
    }

    /// <summary>The same values as float32.</summary>
    public string ToFloat(string output, string input) => Node("Cast", output, [input], ("to", FloatType));

    /// <summary>The same values as float16.</summary>
    public string ToHalf(string output, string input) => Node("Cast", output, [input], ("to", HalfType));

    public string Node(string operation, string output, string[] inputs, params (string Name, object Value)[] attributes)
    {
        Node(operation, [output], inputs, attributes);
        return output;
    }

    public void Node(string operation, string[] outputs, string[] inputs, params (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { OpType = operation, Name = outputs[0] };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        node.Attribute.AddRange(attributes.Select(a => Attribute(a.Name, a.Value)));
        _graph.Node.Add(node);
    }

    /// <summary>The model; <paramref name="weightsFile"/> is where the weights' bytes are, beside the graph.</summary>
    public ModelProto Build(string weightsFile, string producer, string version)
    {
        foreach (var tensor in _external)
        {
            var (offset, length) = weights.PlaceOf(tensor.Name);
            tensor.ExternalData.Clear();
            AddExternal(tensor, "location", weightsFile);
            AddExternal(tensor, "offset", offset.ToString(CultureInfo.InvariantCulture));
            AddExternal(tensor, "length", length.ToString(CultureInfo.InvariantCulture));
        }

        var model = new ModelProto { IrVersion = IrVersion, ProducerName = producer, ProducerVersion = version, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = OpsetVersion });
        return model;
    }

    private static void AddExternal(TensorProto tensor, string key, string value)
        => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });

    private static ValueInfoProto ValueInfo(string name, int elementType, object[] dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (object dimension in dimensions)
        {
            shape.Dim.Add(dimension is string symbol
                ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
                : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(dimension, CultureInfo.InvariantCulture) });
        }

        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = elementType, Shape = shape } },
        };
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case float f: (attribute.Type, attribute.F) = (AttributeType.Float, f); break;
            case int i: (attribute.Type, attribute.I) = (AttributeType.Int, i); break;
            case string s: (attribute.Type, attribute.S) = (AttributeType.String, ByteString.CopyFromUtf8(s)); break;
            case long[] ints:
                attribute.Type = AttributeType.Ints;
                attribute.Ints.AddRange(ints);
                break;
            default: throw new ArgumentException($"Attribute '{name}' has a value of type {value.GetType()}.", nameof(value));
        }

        return attribute;
    }
}
