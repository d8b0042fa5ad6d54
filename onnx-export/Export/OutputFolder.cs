using System.Security.Cryptography;
using Tips.MLNet.Models;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Export;

/// <summary>
/// The folder an export fills. Files are written into a hidden subfolder and moved out of it when all are complete, the manifest last: a
/// folder without its manifest does not load, so an incomplete one never does, however the export ends. What a killed export leaves is
/// cleaned up by the next one. Works in place, so the folder may be a mount point, a link, or the one thing its user may write to. What
/// systems put into a folder (<see cref="SystemEntries"/>) is no content, and stays.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly string _path;
    private readonly StagingFolder _staging;
    private readonly OutputMode _mode;
    private readonly IReadOnlyList<string> _created;
    private readonly FileLock _lock;
    private readonly List<string> _names = [], _kept = [];
    private bool _committed, _keepStaged;

    private OutputFolder(string path, OutputMode mode)
    {
        (_path, _staging, _mode) = (path, new StagingFolder(path), mode);
        _created = CreateFolders(_staging.Folder, mode);
        FileLock? held;
        try
        {
            held = FileLock.TryAcquire(_staging.Lock);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RemoveEmpty(_created);
            throw Unwritable(path, mode, e);
        }

        if (held is null)
        {
            RemoveEmpty(_created);
            throw new IOException($"Another export is writing to '{path}'.");
        }

        _lock = held;
    }

    /// <summary>Claims a folder for one export, and creates it if it does not exist.</summary>
    /// <param name="path">The folder; it must be empty, or a model folder if <paramref name="overwrite"/> is true.</param>
    /// <param name="overwrite">Whether <see cref="Commit"/> may replace a model that is there.</param>
    /// <exception cref="IOException">The folder holds something else, cannot be created, or is in use by another export.</exception>
    public static OutputFolder Open(string path, bool overwrite) => Open(path, overwrite ? OutputMode.Replace : OutputMode.Create);

    /// <summary>Claims a model folder to change some of its files; <see cref="Keep"/> names the others.</summary>
    /// <exception cref="IOException">The folder is no model folder, cannot be written, or is in use by another export.</exception>
    public static OutputFolder OpenModel(string path) => Open(path, OutputMode.Change);

    private static OutputFolder Open(string path, OutputMode mode)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (new DirectoryInfo(Path.Combine(path, StagingFolder.Name)).LinkTarget is not null)
            throw new IOException($"Output folder '{path}' holds a link '{StagingFolder.Name}', expected a folder of the tool's own.");
        if (File.Exists(path)) throw new IOException($"Output '{path}' is a file, expected a folder.");
        // Checked before anything is touched, unless an interrupted export has to be cleaned up first.
        if (!Directory.Exists(Path.Combine(path, StagingFolder.Name))) CheckContents(path, mode);
        var folder = new OutputFolder(path, mode);
        try
        {
            folder._staging.ClearInterrupted();
            CheckContents(path, mode);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Writes a file that <see cref="Commit"/> will put in its place.</summary>
    /// <returns>Its name, length and SHA-256.</returns>
    public ManifestFile Write(string name, Action<Stream> write)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new HashingStream(Create(name), hash);
        write(stream);
        stream.Flush();
        return new ManifestFile(name, stream.Length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Opens a file that <see cref="Commit"/> will put in its place.</summary>
    public FileStream Create(string name)
    {
        _names.Add(name);
        return new FileStream(_staging.New(name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
    }

    /// <summary>Leaves a file of the model that is there as it is.</summary>
    public void Keep(string name) => _kept.Add(name);

    /// <summary>Moves the files into place. If that fails, an older model is left as it was.</summary>
    public void Commit()
    {
        CheckContents(_path, _mode);
        string[] replaced = _mode == OutputMode.Change ? Changed() : Contents(_path);
        var undo = new Stack<(string From, string To)>();
        try
        {
            foreach (string name in replaced.OrderBy(n => n != TipsManifest.FileName)) Move(_staging.Target(name), _staging.Old(name));
            foreach (string name in _names.OrderBy(n => n == TipsManifest.FileName)) Move(_staging.New(name), _staging.Target(name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Undo(undo, e);
            throw new IOException($"Output folder '{_path}' cannot be filled: {e.Message}", e);
        }

        _committed = true;

        void Move(string from, string to)
        {
            File.Move(from, to);
            undo.Push((from, to));
        }
    }

    public void Dispose()
    {
        try
        {
            using (_lock)
            {
                if (_keepStaged) return;
                _staging.Clear();
            }

            Directory.Delete(_staging.Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next export cleans it up; the error that ended this one makes the better message.
        }

        if (!_committed) RemoveEmpty(_created);
    }

    // The files of the model that are not kept. Others are the user's own, and stay.
    private string[] Changed()
    {
        var listed = ListedFiles.Read(_staging.Target(TipsManifest.FileName));
        if (_names.FirstOrDefault(n => !listed.Contains(n) && Path.Exists(_staging.Target(n))) is { } stray)
            throw new IOException($"Model folder '{_path}' holds '{stray}', which is not part of the model and is not replaced.");
        return [.. listed.Except(_kept)];
    }

    private void Undo(Stack<(string From, string To)> moves, Exception cause)
    {
        try
        {
            while (moves.TryPop(out var move)) File.Move(move.To, move.From);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _keepStaged = true;
            throw new IOException(
                $"Output folder '{_path}' cannot be filled ({cause.Message}), nor can the older model be put back now ({e.Message}). Its "
                + $"files are in '{_staging.Folder}'; the next export to this folder puts them back.",
                e);
        }
    }

    private static void CheckContents(string path, OutputMode mode)
    {
        if (mode == OutputMode.Change)
        {
            if (!File.Exists(Path.Combine(path, TipsManifest.FileName)))
                throw new IOException($"Folder '{path}' is not a TIPS model: it has no {TipsManifest.FileName}.");
            return;
        }

        if (!Directory.Exists(path) || Contents(path) is not [_, ..] contents) return;
        if (mode == OutputMode.Create)
            throw new IOException($"Output folder '{path}' is not empty. Give another folder, or --overwrite to replace a model there.");
        if (!contents.Contains(TipsManifest.FileName))
            throw new IOException(
                $"Output folder '{path}' is not empty and is not a model folder (it has no {TipsManifest.FileName}), so --overwrite will "
                + "not replace it.");
        // Anything that the manifest does not list belongs to the user; it may be the checkpoint itself.
        var listed = ListedFiles.Read(Path.Combine(path, TipsManifest.FileName));
        if (contents.FirstOrDefault(n => !listed.Contains(n)) is { } stray)
            throw new IOException(
                $"Output folder '{path}' holds '{stray}', which is not part of a model, so --overwrite will not replace it.");
    }

    private static string[] Contents(string path)
        => [.. Directory.EnumerateFileSystemEntries(path)
            .Select(e => Path.GetFileName(e))
            .Where(n => n != StagingFolder.Name && !SystemEntries.Contains(n))];

    // Innermost first.
    private static List<string> CreateFolders(string path, OutputMode mode)
    {
        List<string> missing = [];
        for (string? folder = path; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
            missing.Add(folder);
        try
        {
            Directory.CreateDirectory(path);
            return missing;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RemoveEmpty(missing);
            throw Unwritable(Path.GetDirectoryName(path)!, mode, e);
        }
    }

    private static IOException Unwritable(string path, OutputMode mode, Exception cause)
    {
        // The folder in which files wait for the others is the tool's own business.
        string reason = cause.Message.Replace(Path.Combine(path, StagingFolder.Name), path, StringComparison.Ordinal).TrimEnd('.');
        string advice = mode == OutputMode.Change ? "Copy the model to a folder that can be" : "Another folder is named with --output";
        return new IOException($"Output folder '{path}' cannot be written: {reason}. {advice}.", cause);
    }

    private static void RemoveEmpty(IEnumerable<string> folders)
    {
        try
        {
            foreach (string folder in folders.Where(Directory.Exists)) Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody has put something into it, so it is theirs now.
        }
    }
}
