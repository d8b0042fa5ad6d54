using Tips.MLNet;
using Tips.MLNet.Pipelines.Interop;

namespace Microsoft.ML;

/// <summary>Loads folders and tables of pictures as data views.</summary>
public static class ImageFolderCatalog
{
    /// <summary>Loads a folder with one subfolder per class.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="folder">Path of the folder.</param>
    /// <param name="options">Names of the classes; null if the names of the subfolders are the labels.</param>
    /// <returns>
    /// A view with the text columns <c>Path</c> and <c>Label</c>, in ordinal order of the paths. The folder is read at once, and not again.
    /// </returns>
    /// <remarks>
    /// What was passed over, and which classes have no picture, is a warning to the listeners of <c>mlContext.Log</c>.
    /// <see cref="ImageFolder.ReadClasses"/> returns it.
    /// </remarks>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">There is no such file of names.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The folder has fewer than two subfolders, or no pictures; or the file of names has errors, or no name for a subfolder.
    /// </exception>
    /// <example>
    /// <code>
    /// var rows = mlContext.Data.LoadFromImageFolders("photos");
    /// var pipeline = mlContext.Transforms.TipsImageEmbedding("Embedding", "Path", model)
    ///     .Append(mlContext.Transforms.Conversion.MapValueToKey("Label"))
    ///     .Append(mlContext.MulticlassClassification.Trainers.KNearestNeighbors("Label", "Embedding"));
    /// </code>
    /// </example>
    public static IDataView LoadFromImageFolders(this DataOperationsCatalog catalog, string folder, ImageFolderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var images = ImageFolder.ReadClasses(folder, options);
        Warn(catalog, folder, images);
        return Load(catalog, images, nameof(ImageFile.Path), nameof(ImageFile.Label));
    }

    /// <summary>Loads a table of pictures: delimited values or JSON lines, as <see cref="ImageFolder.ReadTable"/> reads them.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="file">Path of the table.</param>
    /// <param name="options">Columns, folder and names of classes; null for columns with usual names.</param>
    /// <returns>
    /// A view with the text columns <c>Path</c>, <c>Label</c> and <c>Text</c>, in the order of the table; what a table lacks is empty. The
    /// table is read at once, and not again.
    /// </returns>
    /// <exception cref="FileNotFoundException">There is no such table or file of names.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of pictures.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="InvalidDataException">The table or the file of names has an error; the message names the line.</exception>
    public static IDataView LoadFromImageTable(this DataOperationsCatalog catalog, string file, ImageFolderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var images = ImageFolder.ReadTable(file, options);
        return Load(catalog, images, nameof(ImageFile.Path), nameof(ImageFile.Label), nameof(ImageFile.Text));
    }

    private static IDataView Load(DataOperationsCatalog catalog, ImageFolder images, params string[] columns)
    {
        var schema = Data.SchemaDefinition.Create(typeof(ImageFile));
        schema.RemoveAll(column => !columns.Contains(column.MemberName));
        return catalog.LoadFromEnumerable(images.Images, schema);
    }

    private static void Warn(DataOperationsCatalog catalog, string folder, ImageFolder images)
    {
        var host = PipelineHost.Of(catalog);
        if (images.Skipped.Count > 0)
            host.Warn(nameof(ImageFolder), $"Folder '{folder}': passed over: {SkippedFile.Summarize(images.Skipped)}.");
        if (images.EmptyClasses.Count > 0)
            host.Warn(nameof(ImageFolder), $"Folder '{folder}': no pictures in the classes {string.Join(", ", images.EmptyClasses)}.");
    }
}
