using System.Runtime.InteropServices;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Embed;

/// <summary>
/// Writes an array of rows as they come, and their names into a text file, one on each line. How many there are is known only at the end,
/// so the header is written last.
/// </summary>
internal sealed class NpyWriter : IEmbeddingWriter, IDisposable
{
    private readonly FileStream _array;
    private readonly StreamWriter _names;
    private int _rows, _length;

    public NpyWriter(string arrayFile, string namesFile)
    {
        _array = new FileStream(arrayFile, FileMode.CreateNew, FileAccess.Write);
        _names = new StreamWriter(namesFile);
        _array.Position = NpyFile.HeaderLength;
    }

    public void Write(string name, ReadOnlySpan<float> embedding)
    {
        (_rows, _length) = (_rows + 1, embedding.Length);
        _array.Write(MemoryMarshal.AsBytes(embedding));
        _names.WriteLine(name.ReplaceLineEndings(" "));
    }

    public void Complete()
    {
        _array.Position = 0;
        _array.Write(NpyFile.Header([_rows, _length]));
        _names.Flush();
    }

    public void Dispose()
    {
        _array.Dispose();
        _names.Dispose();
    }
}
