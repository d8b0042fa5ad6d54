using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Report;

namespace Tips.MLNet.Samples.Audit;

/// <summary>Looks for what is wrong with a set of pictures: duplicates, outliers, wrong labels, leakage.</summary>
internal static class AuditSample
{
    public static int Run(AuditRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        ContactSheet.Check(context, request.ContactSheet);
        context.CheckOutput(request.FindingsFile);
        var pictures = AuditPictures.Find(request, context.LeftOut);
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        AuditReport.Introduce(output, pictures, request);

        var embedded = EmbeddingProgress.Embed(context, model, pictures.Pictures, cancellationToken);
        var test = pictures.Test.Count == 0 ? [] : EmbeddingProgress.Embed(context, model, pictures.Test, cancellationToken);
        var data = new AuditData(embedded, test, pictures.HasLabels, model.EmbeddingDimension);
        var findings = AuditFindings.Compute(data, request.Duplicates, request.Neighbors, cancellationToken);
        AuditReport.Print(context, findings, request);
        FindingsFile.Write(request.FindingsFile, request.Format, findings.All);
        AuditSheet.Save(context, request, findings);
        output.WriteLine(
            $"The contact sheet is '{Printable.Escape(request.ContactSheet)}', the list of all {Format.Count(findings.All.Count)} findings "
            + $"'{Printable.Escape(request.FindingsFile)}'.");
        ReportWriter.WriteIfWanted(context, () => AuditPage.Create(model.Name, findings, request), cancellationToken);
        context.Finish(AuditResult.Of(model.Name, findings, request));
        return SampleCommands.Success;
    }
}
