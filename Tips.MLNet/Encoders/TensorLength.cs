namespace Tips.MLNet.Encoders;

/// <summary>Checks of buffers against shapes.</summary>
internal static class TensorLength
{
    /// <summary>Most floats of a tensor: ONNX Runtime's managed side counts their bytes in 32 bits.</summary>
    public const int Maximum = int.MaxValue / sizeof(float);

    /// <summary>Number of elements of a shape.</summary>
    /// <exception cref="ArgumentException">The buffer is shorter.</exception>
    public static int Check(int available, long[] shape, string parameter)
    {
        long needed = shape.Aggregate(1L, (a, b) => checked(a * b));
        return available >= needed
            ? (int)needed
            : throw new ArgumentException($"The buffer has {available} elements; [{string.Join(", ", shape)}] needs {needed}.", parameter);
    }
}
