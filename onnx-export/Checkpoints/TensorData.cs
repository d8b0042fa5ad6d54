namespace Tips.OnnxExport.Checkpoints;

/// <summary>Reads the elements of a tensor from a stream, and reorders dimensions.</summary>
internal static class TensorData
{
    private const int BufferLength = 1 << 16;

    /// <summary>Fills <paramref name="values"/> with elements converted to float32.</summary>
    /// <param name="stream">The stream, positioned at the first element.</param>
    /// <param name="type">Element type in the stream.</param>
    /// <param name="values">Receives the values.</param>
    /// <param name="isBigEndian">Whether the bytes of an element are in the stream from the highest to the lowest.</param>
    /// <param name="seen">Called with the bytes as they are read, or null.</param>
    /// <exception cref="EndOfStreamException">The stream has fewer elements.</exception>
    public static void Read(
        Stream stream, ElementType type, Span<float> values, bool isBigEndian = false, Action<ReadOnlySpan<byte>>? seen = null)
    {
        byte[] buffer = new byte[BufferLength];
        int size = type.SizeOf();
        for (int done = 0; done < values.Length;)
        {
            int count = Math.Min(buffer.Length / size, values.Length - done);
            var bytes = buffer.AsSpan(0, count * size);
            stream.ReadExactly(bytes);
            seen?.Invoke(bytes);
            if (isBigEndian) ReverseEachElement(bytes, size);
            ElementConverter.ToFloat32(type, bytes, values.Slice(done, count));
            done += count;
        }
    }

    /// <summary>Describes the first value that is not finite; null if all are.</summary>
    public static string? FindNonFinite(float[] values)
    {
        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        return bad < 0 ? null : $"element {bad} is {values[bad]}, expected finite numbers";
    }

    /// <summary>Reorders dimensions: dimension i of the result is dimension <c>axes[i]</c> of the source.</summary>
    public static float[] Permute(float[] source, IReadOnlyList<int> shape, IReadOnlyList<int> axes)
    {
        int rank = shape.Count;
        int[] strides = new int[rank], size = new int[rank], step = new int[rank], index = new int[rank];
        for (int d = rank - 1, stride = 1; d >= 0; stride *= shape[d], d--) strides[d] = stride;
        for (int d = 0; d < rank; d++) (size[d], step[d]) = (shape[axes[d]], strides[axes[d]]);
        float[] result = new float[source.Length];
        // Goes through the result in order and steps through the source.
        for (int to = 0, from = 0; to < result.Length; to++)
        {
            result[to] = source[from];
            for (int d = rank - 1; d >= 0; d--)
            {
                from += step[d];
                if (++index[d] < size[d]) break;
                from -= step[d] * size[d];
                index[d] = 0;
            }
        }

        return result;
    }

    private static void ReverseEachElement(Span<byte> bytes, int size)
    {
        for (int at = 0; at < bytes.Length; at += size) bytes.Slice(at, size).Reverse();
    }
}
