namespace Tips.OnnxExport.Checkpoints;

/// <summary>Named tensors on disk. Reading one tensor does not read the others.</summary>
internal interface ICheckpoint : IDisposable
{
    /// <summary>Path of the file, used in messages.</summary>
    string Path { get; }

    /// <summary>What comes before each key in the file, used in messages; empty if this is the whole file.</summary>
    string Prefix { get; }

    /// <summary>The tensors by key, in file order.</summary>
    IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Reads a tensor in C order, converted to float32.</summary>
    /// <exception cref="CheckpointException">The data is damaged, truncated or not finite.</exception>
    float[] Read(string name);
}
