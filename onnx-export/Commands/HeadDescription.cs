using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Models;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>What heads are, a line each.</summary>
internal static class HeadDescription
{
    private const int BinsOfReleased = 256;

    /// <summary>A head of a model folder.</summary>
    public static string Line(HeadManifest head)
    {
        string outputs = head.Task switch
        {
            "depth" => string.Create(
                CultureInfo.InvariantCulture, $"{head.Outputs} bins from {head.MinDepth} to {head.MaxDepth} m, {Activation(head)}"),
            "segmentation" => $"{head.Outputs} classes, {(head.Classes is null ? "without names" : Names(head.Classes))}",
            _ => $"{head.Outputs} values",
        };
        return $"Head for {head.Task}: {head.Channels} channels, {outputs}; tokens of the blocks {string.Join(", ", head.Layers)}.";
    }

    /// <summary>The heads in a checkpoint; none if it has none.</summary>
    public static IEnumerable<string> Lines(ICheckpoint checkpoint, HuggingFaceRepository? repository)
    {
        if (DptLayouts.Recognizes(checkpoint))
        {
            yield return Describe("head", () => DptLayouts.Read(checkpoint), Guess);
            yield break;
        }

        IReadOnlyList<HeadTask> tasks;
        string? fault = null;
        try
        {
            tasks = repository?.Heads ?? DptLayouts.TasksIn(checkpoint, null);
        }
        catch (CheckpointException e)
        {
            (tasks, fault) = ([], e.Message);
        }

        if (fault is not null) yield return $"Has a head whose task is not known: {Printable.Escape(fault)}";
        foreach (var task in tasks)
            yield return Describe($"head for {task.Name()}", () => DptLayouts.ReadHuggingFace(checkpoint, task), _ => "");
    }

    private static string Describe(string title, Func<DptHead> read, Func<DptHead, string> guess)
    {
        try
        {
            var head = read();
            return $"DPT {title}: width {head.Width}, {head.Channels} channels, {head.Outputs} outputs{guess(head)}.";
        }
        catch (CheckpointException e)
        {
            return $"Looks like a DPT {title}, but cannot be exported: {Printable.Escape(e.Message)}";
        }
    }

    // Released files do not tell the task, but their outputs differ.
    private static string Guess(DptHead head)
    {
        if (head.Outputs == 3) return ", so for normals";
        if (head.Outputs == BinsOfReleased) return ", as many as the released heads for depth have";
        return head.Outputs == ClassNames.Ade20K.Count ? ", as many as the released heads for segmentation have" : "";
    }

    private static string Activation(HeadManifest head)
        => head.Activation == "relu" ? "ReLU after the last convolution" : "nothing after the last convolution";

    private static string Names(IReadOnlyList<string> classes)
        => string.Join(", ", classes.Take(3).Select(Printable.Escape)) + (classes.Count > 3 ? ", …" : "");
}
