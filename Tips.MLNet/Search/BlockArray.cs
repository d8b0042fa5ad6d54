namespace Tips.MLNet.Search;

/// <summary>
/// Values in blocks of equal length, which readers may hold while a writer continues. What a reader holds never changes: the writer appends
/// after it, and copies a block before changing it if a reader may hold it. Callers must synchronize access.
/// </summary>
internal sealed class BlockArray<T>(int blockLength)
{
    private T[][] _blocks = [];

    /// <summary>Length of a block.</summary>
    public int BlockLength => blockLength;

    /// <summary>The blocks as they are now.</summary>
    public T[][] Snapshot => _blocks;

    /// <summary>The block to append to; made if it is a new one.</summary>
    public T[] ForAppend(int block)
    {
        if (block >= _blocks.Length) Array.Resize(ref _blocks, Math.Max(4, 2 * block)); // a new array: a reader keeps the old one
        return _blocks[block] ??= new T[blockLength];
    }

    /// <summary>The block to change.</summary>
    /// <param name="block">Index of the block.</param>
    /// <param name="inUse">Whether a reader may hold it.</param>
    public T[] ForChange(int block, bool inUse)
    {
        if (!inUse) return _blocks[block];
        _blocks = (T[][])_blocks.Clone();
        return _blocks[block] = (T[])_blocks[block].Clone();
    }

    /// <summary>Frees the blocks from an index on.</summary>
    public void Trim(int block, bool inUse)
    {
        if (inUse) _blocks = (T[][])_blocks.Clone();
        for (int i = block; i < _blocks.Length; i++) _blocks[i] = null!;
    }
}
