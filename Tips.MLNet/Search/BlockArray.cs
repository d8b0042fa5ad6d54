namespace Tips.MLNet.Search;

/// <summary>
/// Values in blocks of equal length, which readers may hold while a writer continues. What a reader holds never changes: the writer appends
/// after it, and copies a block before changing it if a reader may hold it. Callers must synchronize access.
/// </summary>
internal sealed class BlockArray<T>(int blockLength)
{
    private T[][] _blocks = [];

    // How many snapshots there had been when each block, and the array of blocks, was made. No reader holds what is newer than the last.
    private long[] _madeAt = [];
    private long _arrayMadeAt, _snapshots;

    /// <summary>Length of a block.</summary>
    public int BlockLength => blockLength;

    /// <summary>Takes the blocks as they are now, for a reader.</summary>
    public T[][] TakeSnapshot()
    {
        _snapshots++;
        return _blocks;
    }

    /// <summary>A block, to read from while nothing is changed, or to write to after <see cref="ForChange"/>.</summary>
    public T[] Peek(int block) => _blocks[block];

    /// <summary>The block to append to; made if it is a new one.</summary>
    public T[] ForAppend(int block)
    {
        if (block >= _blocks.Length)
        {
            int length = Math.Max(4, 2 * block);
            var grown = new T[length][];
            Array.Resize(ref _madeAt, length);
            _blocks.CopyTo(grown, 0); // a new array: a reader keeps the old one
            (_blocks, _arrayMadeAt) = (grown, _snapshots);
        }

        if (_blocks[block] is { } existing) return existing;
        var made = new T[blockLength];
        _madeAt[block] = _snapshots;
        return _blocks[block] = made;
    }

    /// <summary>The block to change. Once it has been asked for, asking again before the next snapshot allocates nothing.</summary>
    /// <param name="block">Index of the block.</param>
    /// <param name="inUse">Whether any reader still holds a snapshot.</param>
    public T[] ForChange(int block, bool inUse)
    {
        if (inUse) OwnArray();
        if (!inUse || _madeAt[block] == _snapshots) return _blocks[block];
        var copy = (T[])_blocks[block].Clone();
        _madeAt[block] = _snapshots;
        return _blocks[block] = copy;
    }

    /// <summary>Frees the blocks from an index on.</summary>
    public void Trim(int block, bool inUse)
    {
        if (inUse) OwnArray();
        for (int i = block; i < _blocks.Length; i++) _blocks[i] = null!;
    }

    private void OwnArray()
    {
        if (_arrayMadeAt == _snapshots) return;
        _blocks = (T[][])_blocks.Clone();
        _arrayMadeAt = _snapshots;
    }
}
