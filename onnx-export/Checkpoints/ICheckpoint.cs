namespace Tips.OnnxExport.Checkpoints;

/// <summary>Named tensors on disk. Reading one tensor never reads the others.</summary>
internal interface ICheckpoint : IDisposable
{
    /// <summary>Path of the file, for messages.</summary>
    string Path { get; }

    /// <summary>What the file puts before each key here, for messages; empty where this is the whole file.</summary>
    string Prefix { get; }

    /// <summary>The tensors by key, in the order of the file.</summary>
    IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Reads a tensor in C order, converted to float32.</summary>
    /// <exception cref="CheckpointException">The data is damaged, truncated or not finite.</exception>
    float[] Read(string name);
}
