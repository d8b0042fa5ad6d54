using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>Saves pipelines, from the path of a picture to what was learned.</summary>
internal static class PipelineFile
{
    /// <summary>Column of the names of predicted classes.</summary>
    public const string PredictedName = "PredictedName";

    /// <param name="context">Where to say so.</param>
    /// <param name="mlContext">The context that made the steps.</param>
    /// <param name="file">The file.</param>
    /// <param name="result">What the pipeline ends with, for the message.</param>
    /// <param name="steps">The steps; the first takes a column of paths.</param>
    /// <returns>The size of the file in bytes.</returns>
    public static long Save(SampleContext context, MLContext mlContext, string file, string result, params ITransformer[] steps)
    {
        var schema = mlContext.Data.LoadFromEnumerable<PicturePath>([]).Schema;
        OutputFile.Write(file, partial => mlContext.Model.Save(new TransformerChain<ITransformer>(steps), schema, partial));
        long bytes = new FileInfo(file).Length;
        context.Report.WriteLine(
            $"Saved the whole pipeline, from file path to {result}, as '{Printable.Escape(file)}' ({Format.Bytes(bytes)}).");
        return bytes;
    }

    // A new picture has no label.
    private sealed class PicturePath
    {
        public string Path { get; set; } = "";
    }
}
