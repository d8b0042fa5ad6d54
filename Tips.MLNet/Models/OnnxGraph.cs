using System.Globalization;
using Google.Protobuf;
using Tips.MLNet.Models.Onnx;

namespace Tips.MLNet.Models;

/// <summary>Changes to the ONNX file itself.</summary>
internal static class OnnxGraph
{
    /// <summary>The graph with its external weights inside.</summary>
    /// <param name="graph">The graph's file.</param>
    /// <param name="open">Gives the bytes of a file the graph names, or null.</param>
    /// <exception cref="InvalidDataException">The graph refers to bytes that are not there.</exception>
    public static byte[] WithWeightsInside(byte[] graph, Func<string, byte[]?> open)
    {
        var model = ModelProto.Parser.ParseFrom(graph);
        foreach (var tensor in model.Graph.Initializer)
        {
            if (tensor.DataLocation != TensorProto.Types.DataLocation.External) continue;
            var external = tensor.ExternalData.ToDictionary(e => e.Key, e => e.Value);
            if (!external.TryGetValue("location", out string? location)
                || open(location) is not { } file
                || !TryGetNumber(external, "offset", out long offset)
                || !TryGetNumber(external, "length", out long length)
                || offset > file.Length - length)
            {
                throw new InvalidDataException($"The weights of tensor '{tensor.Name}' are not in the saved pipeline.");
            }

            tensor.ExternalData.Clear();
            tensor.DataLocation = TensorProto.Types.DataLocation.Default;
            tensor.RawData = UnsafeByteOperations.UnsafeWrap(file.AsMemory((int)offset, (int)length)); // not changed while it is wrapped
        }

        return model.ToByteArray();
    }

    /// <summary>
    /// Makes sure that all external data of a graph, its initializers, are in the file that the manifest lists.
    /// </summary>
    /// <param name="graph">The graph's file.</param>
    /// <param name="weightsFile">Name of the weights file.</param>
    /// <exception cref="InvalidDataException">It names another file.</exception>
    public static void CheckExternalData(byte[] graph, string weightsFile)
    {
        foreach (var tensor in ModelProto.Parser.ParseFrom(graph).Graph?.Initializer ?? [])
        {
            foreach (var entry in tensor.ExternalData.Where(e => e.Key == "location" && e.Value != weightsFile))
                throw new InvalidDataException($"its tensor '{tensor.Name}' is in '{entry.Value}', expected '{weightsFile}'.");
        }
    }

    private static bool TryGetNumber(Dictionary<string, string> values, string key, out long number)
    {
        number = 0;
        return values.TryGetValue(key, out string? text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
