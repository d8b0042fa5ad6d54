using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary>Looks for what is wrong with a set of pictures: duplicates, outliers, wrong labels, leakage.</summary>
internal static class AuditSample
{
    public static int Run(AuditRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        if (request.FindingsFile == request.ContactSheet)
            throw new SampleException($"The contact sheet '{request.ContactSheet}' would have the name of the list, expected FILE.png.");
        OutputFile.CheckWritable(request.ContactSheet);
        OutputFile.CheckWritable(request.FindingsFile);
        var pictures = AuditPictures.Find(request, context.LeftOut);
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        AuditReport.Introduce(output, pictures, request);

        var console = PlainConsole.Create(output);
        var embedded = EmbeddingProgress.Embed(context, model, pictures.Pictures, console, cancellationToken);
        var test = pictures.Test.Count == 0
            ? []
            : EmbeddingProgress.Embed(context, model, pictures.Test, console, cancellationToken);
        var data = new AuditData(embedded, test, pictures.HasLabels, model.EmbeddingDimension);
        var findings = AuditFindings.Compute(data, request.Duplicates, request.Neighbors, cancellationToken);
        AuditReport.Print(output, console, findings, request);
        AuditSheet.Save(context, request, findings);
        FindingsFile.Write(request.FindingsFile, request.Format, findings.All);
        output.WriteLine(
            $"The contact sheet is {Printable.Escape(request.ContactSheet)}, "
            + $"the list of all {findings.All.Count} findings {Printable.Escape(request.FindingsFile)}.");
        return SampleCommands.Success;
    }
}
