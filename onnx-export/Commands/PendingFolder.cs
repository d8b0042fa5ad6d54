namespace Tips.OnnxExport.Commands;

/// <summary>A folder that is written beside its final place and moved there when it is complete; otherwise it is deleted.</summary>
internal sealed class PendingFolder : IDisposable
{
    private readonly string _final, _pending;
    private bool _committed;

    public PendingFolder(string final)
    {
        _final = final;
        string parent = Path.GetDirectoryName(final) ?? throw new IOException($"'{final}' cannot be an output folder.");
        _pending = Path.Combine(parent, $".{Path.GetFileName(final)}.{Guid.NewGuid():N}.partial");
        Directory.CreateDirectory(_pending);
    }

    public FileStream Create(string name) => new(Path.Combine(_pending, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);

    /// <summary>Gives the folder its final name. An older folder there is set aside first and deleted last.</summary>
    public void Commit(bool replace)
    {
        string? old = null;
        if (Directory.Exists(_final))
        {
            if (replace && Directory.EnumerateFileSystemEntries(_final).Any()) Directory.Move(_final, old = _pending + ".old");
            else Directory.Delete(_final); // fails unless it is empty
        }

        try
        {
            Directory.Move(_pending, _final);
        }
        catch when (old is not null)
        {
            Directory.Move(old, _final);
            throw;
        }

        _committed = true;
        if (old is not null) Directory.Delete(old, recursive: true);
    }

    public void Dispose()
    {
        if (!_committed && Directory.Exists(_pending)) Directory.Delete(_pending, recursive: true);
    }
}
