using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>A buffer under the name it has in a graph.</summary>
/// <param name="Name">The name.</param>
/// <param name="Create">Makes the runtime's view of the buffer; the caller disposes it.</param>
internal readonly record struct NamedTensor(string Name, Func<OrtValue> Create)
{
    /// <summary>An input. The runtime only reads it.</summary>
    public static NamedTensor Input<T>(string name, ReadOnlyMemory<T> buffer, long[] shape)
        where T : unmanaged
        => Output(name, MemoryMarshal.AsMemory(buffer), shape);

    /// <summary>An output.</summary>
    public static NamedTensor Output<T>(string name, Memory<T> buffer, long[] shape)
        where T : unmanaged
        => new(name, () => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, buffer, shape));
}
