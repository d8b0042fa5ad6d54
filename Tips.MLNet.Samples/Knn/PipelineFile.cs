using Microsoft.ML;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Knn;

/// <summary>A pipeline's file. It is written under a name of its own first: what is there under the right one is always whole.</summary>
internal static class PipelineFile
{
    /// <summary>Makes sure that <see cref="Save"/> will be able to write, before there is anything to lose.</summary>
    public static void CheckWritable(string file)
    {
        if (Directory.Exists(file)) throw new SampleException($"'{file}' is a folder, expected a file for the pipeline.");
        string target = Resolve(file), folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder)) throw new SampleException($"There is no folder '{folder}' for the pipeline '{file}'.");
        if (!OperatingSystem.IsWindows() && folder is "/dev") throw new SampleException($"'{file}' is a device, expected a file for the pipeline."); // it would be replaced
        using var probe = new FileStream(PartialName(target), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
    }

    public static void Save(MLContext mlContext, ITransformer pipeline, DataViewSchema inputSchema, string file)
    {
        string target = Resolve(file), partial = PartialName(target);
        try
        {
            mlContext.Model.Save(pipeline, inputSchema, partial);
            File.Move(partial, target, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    // A link stays one; what it leads to is written.
    private static string Resolve(string file)
    {
        var info = new FileInfo(file);
        return info.LinkTarget is null ? info.FullName : info.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    private static string PartialName(string file) => $"{file}.{Guid.NewGuid():N}.partial";
}
