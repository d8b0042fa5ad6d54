using Microsoft.ML;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Knn;

/// <summary>A pipeline's file. It is written under another name first: what is there under the right one is always whole.</summary>
internal static class PipelineFile
{
    /// <summary>Makes sure that <see cref="Save"/> will be able to write, before there is anything to lose.</summary>
    public static void CheckWritable(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (!Directory.Exists(folder)) throw new SampleException($"There is no folder '{folder}' for the pipeline '{file}'.");
        if (Directory.Exists(file)) throw new SampleException($"'{file}' is a folder, expected a file for the pipeline.");
        using var probe = new FileStream(PartialName(file), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
    }

    public static void Save(MLContext mlContext, ITransformer pipeline, DataViewSchema inputSchema, string file)
    {
        string partial = PartialName(file);
        try
        {
            mlContext.Model.Save(pipeline, inputSchema, partial);
            File.Move(partial, file, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static string PartialName(string file) => file + ".partial";
}
