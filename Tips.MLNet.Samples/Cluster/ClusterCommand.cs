using System.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Cluster;

/// <summary><c>cluster</c>: groups similar pictures.</summary>
internal static class ClusterCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.Pictures();
        var clusters = new Option<int>("--clusters", "-k")
        {
            Description = "Number of clusters.",
            HelpName = "K",
            DefaultValueFactory = _ => 12,
        };
        clusters.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, out int count) && count >= 2))
                result.AddError("--clusters must be a whole number of at least 2.");
        });
        var sheet = SampleOptions.Output("Contact sheet with one row per cluster, most typical pictures first.", "clusters.png");
        var pipeline = SampleOptions.Save();
        var command = new Command("cluster", "Group pictures by k-means over their embeddings, and show the groups on a contact sheet.")
        {
            model, images, clusters, sheet, pipeline,
        };
        command.Options.Add(SampleOptions.Store());
        command.Options.Add(SampleOptions.Report());
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => ClusterSample.Run(
                parsed.GetValue(model),
                parsed.GetValue(images),
                parsed.GetValue(clusters),
                (parsed.GetRequiredValue(sheet), parsed.GetValue(pipeline)),
                context,
                cancellationToken),
            cancellationToken));
        return command;
    }
}
