using Tips.MLNet.Folders;
using Tips.MLNet.Images;

namespace Tips.MLNet;

/// <summary>Pictures that were found in a folder or a table, and what was passed over. Immutable and thread-safe.</summary>
/// <remarks>
/// <para>Pictures are told by their content: a name that ends in .jpg, .jpeg, .jpe, .jfif, .pjpeg, .pjp, .png, .bmp, .dib, .gif, .webp,
/// .ico or .cur is believed, and of every other file the first bytes are read. Pictures in formats that are not read (TIFF, HEIC, AVIF, …)
/// are among the <see cref="Skipped"/>. What is not a picture at all is not mentioned. A file that is believed, and is not a picture,
/// fails when it is read.</para>
/// <para>Hidden files and folders are not looked at, nor are <c>__MACOSX</c>, <c>@eaDir</c> and <c>lost+found</c>. Pipes, sockets and
/// devices are never opened. Links to files and folders are followed; a folder is read once, so circles end.</para>
/// <para>The order is the same on every machine: ordinal order of the paths, or the order of the table.</para>
/// </remarks>
public sealed class ImageFolder
{
    internal ImageFolder(
        IEnumerable<ImageFile> images,
        IEnumerable<SkippedFile> skipped,
        IEnumerable<string>? classes = null,
        IEnumerable<string>? emptyClasses = null)
    {
        Images = [.. images];
        Skipped = [.. skipped.OrderBy(file => file.Path, StringComparer.Ordinal)];
        Classes = [.. (classes ?? []).Order(StringComparer.Ordinal)];
        EmptyClasses = [.. (emptyClasses ?? []).Order(StringComparer.Ordinal)];
    }

    /// <summary>The pictures, at least one.</summary>
    public IReadOnlyList<ImageFile> Images { get; }

    /// <summary>What was passed over though it is, or may hold, a picture or a caption, in ordinal order of the paths.</summary>
    public IReadOnlyList<SkippedFile> Skipped { get; }

    /// <summary>The labels of the pictures, each once, in ordinal order; empty if they have none.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The labels of class folders that have no picture, in ordinal order. They are not among the <see cref="Classes"/>.</summary>
    public IReadOnlyList<string> EmptyClasses { get; }

    /// <summary>Finds the pictures of a folder and its subfolders, or takes one file as it is. They have no labels.</summary>
    /// <param name="fileOrFolder">Path of a folder or of a picture.</param>
    /// <returns>The pictures.</returns>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">The folder has no pictures, or the file is a pipe, a socket or a device.</exception>
    public static ImageFolder Read(string fileOrFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(fileOrFolder);
        if (Directory.Exists(fileOrFolder))
        {
            var found = new FoundFiles();
            FolderWalk.Run(fileOrFolder, found);
            var images = found.Pictures.Order(StringComparer.Ordinal).Select(path => new ImageFile(path));
            return new ImageFolder(images, found.Skipped).NotEmpty(fileOrFolder, "pictures that can be read");
        }

        if (!File.Exists(fileOrFolder)) throw new FileNotFoundException($"There is no file or folder '{fileOrFolder}'.", fileOrFolder);
        return SpecialFile.Describe(fileOrFolder) is { } special
            ? throw new InvalidDataException($"'{fileOrFolder}' is a {special}, expected a picture or a folder.")
            : new ImageFolder([new ImageFile(fileOrFolder)], []);
    }

    /// <summary>Finds the pictures of a folder with one subfolder per class. They may be in subfolders of those.</summary>
    /// <param name="folder">Path of the folder.</param>
    /// <param name="options">
    /// Names of the classes (<see cref="ImageFolderOptions.NamesFile"/>); null if the names of the subfolders are the labels. What it says
    /// about tables is not used.
    /// </param>
    /// <returns>The pictures. Those beside the class folders are among the <see cref="Skipped"/>.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">There is no such file of names.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The folder has fewer than two subfolders, or no pictures; or the file of names has errors, or no name for a subfolder.
    /// </exception>
    public static ImageFolder ReadClasses(string folder, ImageFolderOptions? options = null)
    {
        CheckFolder(folder);
        return ClassFolders.Read(folder, options ?? new ImageFolderOptions()).NotEmpty(folder, "pictures that can be read");
    }

    /// <summary>Reads a table of pictures with their labels, their texts, or both.</summary>
    /// <param name="file">
    /// Path of the table: JSON lines (.jsonl, .ndjson, .json), tab-separated values (.tsv, .tab), or values with commas, semicolons or tabs
    /// between them, whichever the first row has. UTF-8, or UTF-16 with a byte order mark.
    /// </param>
    /// <param name="options">Columns, folder and names of classes; null for columns with usual names.</param>
    /// <returns>
    /// The pictures in the order of the table. Whether they are there is not checked. Labels stay as they are written, and those that are
    /// empty are not among the <see cref="Classes"/>.
    /// </returns>
    /// <remarks>
    /// <para>Values are quoted as RFC 4180 says; spaces belong to them. Paths start from the folder of the table, or from
    /// <see cref="ImageFolderOptions.ImageFolder"/>, if they are not absolute.</para>
    /// <para>A table whose first row begins with the path of a file has no header, but paths and then labels.</para>
    /// </remarks>
    /// <exception cref="FileNotFoundException">There is no such table or file of names.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of pictures.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The table has no rows, lacks a column, has a row with too few cells, too many, or no path, or bytes that are not UTF-8; or the file
    /// of names has errors, or no name for a label. The message names the line.
    /// </exception>
    public static ImageFolder ReadTable(string file, ImageFolderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        var images = ImageTable.Read(file, options ?? new ImageFolderOptions());
        return new ImageFolder(images, [], images.Select(image => image.Label).Where(label => label.Length > 0).Distinct());
    }

    /// <summary>
    /// Finds the pictures of a folder and its subfolders that have a caption beside them: <c>a.txt</c>, or else <c>a.caption</c>, for
    /// <c>a.jpg</c>.
    /// </summary>
    /// <param name="folder">Path of the folder.</param>
    /// <returns>
    /// The pictures and their texts, without white space at the ends. Pictures without a caption and captions without a picture are among
    /// the <see cref="Skipped"/>.
    /// </returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">The folder has no picture with a caption.</exception>
    public static ImageFolder ReadCaptions(string folder)
    {
        CheckFolder(folder);
        var (images, skipped) = CaptionPairs.Read(folder);
        var ordered = images.OrderBy(image => image.Path, StringComparer.Ordinal);
        return new ImageFolder(ordered, skipped).NotEmpty(folder, "pictures with captions");
    }

    private static void CheckFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
    }

    private ImageFolder NotEmpty(string folder, string expected)
    {
        if (Images.Count > 0) return this;
        string passedOver = Skipped.Count > 0 ? $"; passed over: {SkippedFile.Summarize(Skipped)}" : "";
        throw new InvalidDataException($"Folder '{folder}' has no {expected}{passedOver}.");
    }
}
