using System.Collections.Frozen;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>Named tensors on disk. Reading one tensor does not read the others.</summary>
internal interface ICheckpoint : IDisposable
{
    /// <summary>Path of the file, or of the index of its shards; used in messages.</summary>
    string Path { get; }

    /// <summary>Every file that it consists of.</summary>
    IReadOnlyList<string> Files { get; }

    /// <summary>The tensors by key, in file order.</summary>
    IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>What else is there and is not read, in file order: the name and what it is, or why not.</summary>
    IReadOnlyDictionary<string, string> Others => FrozenDictionary<string, string>.Empty;

    /// <summary>A key as it is in the file, or would be if it were there; used in messages.</summary>
    string FullName(string name);

    /// <summary>Reads a tensor in C order, converted to float32.</summary>
    /// <exception cref="CheckpointException">The data is damaged, truncated or not finite.</exception>
    float[] Read(string name);
}
