namespace Tips.MLNet;

/// <summary>How a folder of pictures, or a table of them, is read. Immutable and thread-safe.</summary>
public sealed class ImageFolderOptions
{
    /// <summary>
    /// A file with the names of classes, as ImageNet's <c>LOC_synset_mapping.txt</c>; null if the class folders, or the labels of the
    /// table, are names themselves.
    /// </summary>
    /// <remarks>
    /// <para>Each line is a code and a name: the code ends at the first tab, or, in a line without one, at the first space or comma. The
    /// name is everything after it, synonyms and all. Empty lines and lines that start with <c>#</c> are passed over.</para>
    /// <para>Codes that share a name stay different classes: their labels are <c>name (code)</c>.</para>
    /// </remarks>
    public string? NamesFile { get; init; }

    /// <summary>
    /// The table's column of paths; null for the first of these that it has: path, file, file_name, filename, filepath, file_path, image,
    /// image_path, img. Case does not matter.
    /// </summary>
    public string? PathColumn { get; init; }

    /// <summary>
    /// The table's column of labels; null for the first of these that it has: label, class, category, target, class_name. Case does not
    /// matter.
    /// </summary>
    public string? LabelColumn { get; init; }

    /// <summary>
    /// The table's column of texts; null for the first of these that it has: text, caption, description, title, sentence. Case does not
    /// matter.
    /// </summary>
    public string? TextColumn { get; init; }

    /// <summary>
    /// Whether a table may have other columns than these, and neither labels nor texts. False by default: then that is an error, since the
    /// labels may be in a column with a name that is not known.
    /// </summary>
    public bool PathsOnly { get; init; }

    /// <summary>The folder that the table's paths start from; null for the folder that the table is in.</summary>
    public string? ImageFolder { get; init; }
}
