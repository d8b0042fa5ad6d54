using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Predict;

/// <summary>A pipeline from a file that takes the paths of pictures.</summary>
internal sealed class SavedPipeline : IDisposable
{
    /// <summary>Name of the column of paths, as the samples save it.</summary>
    private const string PathColumn = "Path";

    private readonly MLContext _mlContext = new();
    private readonly DataViewSchema _input;

    private SavedPipeline(string file, TipsLoadOptions options)
    {
        File = file;
        Transformer = _mlContext.Model.Load(file, out var input, options);
        _input = input ?? _mlContext.Data.LoadFromEnumerable<Picture>([]).Schema;
    }

    public string File { get; }

    public ITransformer Transformer { get; }

    /// <summary>Loads a pipeline.</summary>
    /// <exception cref="SampleException">The file is no pipeline, or the pipeline cannot be loaded.</exception>
    public static SavedPipeline Load(string file, TipsLoadOptions options)
    {
        if (Directory.Exists(file)) throw new SampleException($"'{file}' is a folder, expected the file of a pipeline.");
        if (!System.IO.File.Exists(file)) throw new SampleException($"There is no pipeline '{file}'.");
        CheckZip(file);
        try
        {
            return new SavedPipeline(file, options);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new SampleException($"Pipeline '{file}' cannot be loaded: {e.Message} Here, --model-folders DIR names a new place.");
        }
        // Loaders of any library throw anything.
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
        {
            throw new SampleException($"Pipeline '{file}' cannot be loaded: {e.GetBaseException().Message}");
        }
    }

    public void Dispose() => (Transformer as IDisposable)?.Dispose();

    /// <summary>The columns that the pipeline gives.</summary>
    /// <exception cref="SampleException">It does not fit the schema that it was saved with.</exception>
    public DataViewSchema OutputSchema()
    {
        try
        {
            return Transformer.GetOutputSchema(_input);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            string columns = string.Join(", ", _input.Select(c => $"'{c.Name}'"));
            throw new SampleException(
                $"Pipeline '{File}' needs input columns that predict cannot provide: it gives those that the pipeline was saved with "
                + $"({columns}), and paths of pictures in a text column. {e.Message}");
        }
    }

    /// <summary>Runs pictures through the pipeline.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="wanted">The columns that are read.</param>
    /// <exception cref="SampleException">The pipeline needs another column than one of paths.</exception>
    public IDataView Transform(IReadOnlyList<Picture> pictures, IReadOnlyList<string> wanted)
        => Transformer.Transform(new PathRows(_input, FindPathColumn(wanted), pictures));

    private DataViewSchema.Column FindPathColumn(IReadOnlyList<string> wanted)
    {
        if (!Transformer.IsRowToRowMapper)
            throw new SampleException($"Pipeline '{File}' does not treat each row by itself, so it cannot predict.");
        var mapper = Transformer.GetRowToRowMapper(_input);
        DataViewSchema.Column[] needed = [.. mapper.GetDependencies(wanted.Select(name => mapper.OutputSchema[name]))];
        DataViewSchema.Column[] texts = [.. needed.Where(c => c.Type is TextDataViewType)];
        DataViewSchema.Column? path = texts.Length == 1 ? texts[0] : texts.Where(c => c.Name == PathColumn).Cast<DataViewSchema.Column?>()
            .FirstOrDefault();
        foreach (var column in needed)
        {
            if (column.Index == path?.Index) continue;
            throw new SampleException(
                $"Pipeline '{File}' needs column '{column.Name}' of type {column.Type}, which predict cannot provide: it gives the paths "
                + $"of pictures in one text column ('{path?.Name ?? PathColumn}').");
        }

        return path
            ?? throw new SampleException($"Pipeline '{File}' uses no text column of paths, so its predictions are always the same.");
    }

    private static void CheckZip(string file)
    {
        try
        {
            using var zip = ZipFile.OpenRead(file);
            // ML.NET writes one for each part of a model.
            if (zip.Entries.Any(e => e.FullName.EndsWith("Model.key", StringComparison.Ordinal))) return;
        }
        catch (InvalidDataException)
        {
            throw new SampleException($"'{file}' is no pipeline: it is not a zip file, or is damaged.");
        }

        throw new SampleException($"'{file}' is no pipeline: it is a zip file without a model of ML.NET.");
    }
}
