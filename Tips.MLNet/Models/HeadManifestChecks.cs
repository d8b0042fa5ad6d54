using System.Globalization;

namespace Tips.MLNet.Models;

/// <summary>Checks what a manifest says about heads. A fault is said as the end of a message.</summary>
internal static class HeadManifestChecks
{
    /// <param name="manifest">The manifest, whose other parts are checked already.</param>
    /// <param name="fault">Makes the exception for a fault.</param>
    public static void Check(TipsManifest manifest, Func<string, Exception> fault)
    {
        if (manifest.Heads is not { Count: > 0 } heads) return;
        if (manifest.Vision is not { } vision) throw fault("it has 'heads', but no 'vision'");
        var tasks = new HashSet<string>(StringComparer.Ordinal);
        foreach (var head in heads)
        {
            if (head is null) throw fault("'heads' has an entry that is null");
            if (!HeadManifest.Tasks.Contains(head.Task))
            {
                string known = string.Join(", ", HeadManifest.Tasks.Select(t => $"'{t}'"));
                throw fault($"'heads' has the task '{head.Task}', expected one of {known}");
            }

            if (!tasks.Add(head.Task)) throw fault($"'heads' has two heads for {head.Task}");
            CheckLayers(head, vision, fault);
            if (head.Graph.Levels.Count != HeadManifest.LevelCount || head.Graph.Levels.Contains(null))
            {
                throw fault(
                    $"the head for {head.Task} has {head.Graph.Levels.Count} 'graph.levels', expected {HeadManifest.LevelCount} names");
            }

            Positive(head, head.Channels, "channels", fault);
            Positive(head, head.Outputs, "outputs", fault);
            if (head.Activation is not ("linear" or "relu"))
                throw fault($"the head for {head.Task} has the activation '{head.Activation}', expected 'linear' or 'relu'");
            CheckTask(head, fault);
            if (head.Sources.Contains(null)) throw fault($"the head for {head.Task} has 'sources' with an entry that is null");
        }
    }

    private static void CheckLayers(HeadManifest head, VisionManifest vision, Func<string, Exception> fault)
    {
        if (head.Layers.Count != HeadManifest.LevelCount)
            throw fault($"the head for {head.Task} has {head.Layers.Count} 'layers', expected {HeadManifest.LevelCount}");
        foreach (int layer in head.Layers)
        {
            if (layer < 0 || layer >= vision.Layers)
                throw fault($"the head for {head.Task} has the layer {layer}, expected 0 to {vision.Layers - 1}");
            if (vision.Dense.Layers?.Any(l => l.Layer == layer) != true)
                throw fault($"the head for {head.Task} has the layer {layer}, which 'vision.dense.layers' does not have");
        }
    }

    private static void CheckTask(HeadManifest head, Func<string, Exception> fault)
    {
        if (head.Task == "segmentation" && head.Outputs > HeadManifest.MaximumClasses)
            throw fault($"the head for segmentation has {head.Outputs} outputs, expected at most {HeadManifest.MaximumClasses} classes");
        if (head.Task == "normals" && head.Outputs != 3) throw fault($"the head for normals has {head.Outputs} outputs, expected 3");
        if (head.Task == "depth")
        {
            if (!(head.MinDepth > 0 && head.MinDepth < head.MaxDepth && float.IsFinite(head.MaxDepth.Value)))
            {
                throw fault(
                    $"the head for depth has depths from {Text(head.MinDepth)} to {Text(head.MaxDepth)}, expected numbers above zero, the "
                    + "smaller one first");
            }
        }
        else if ((head.MinDepth ?? head.MaxDepth) is not null)
        {
            throw fault($"the head for {head.Task} has a range of depths");
        }

        if (head.Classes is not { } classes) return;
        if (head.Task != "segmentation") throw fault($"the head for {head.Task} has 'classes'");
        if (classes.Count != head.Outputs)
            throw fault($"the head for segmentation has {classes.Count} 'classes', expected {head.Outputs}, as many as outputs");
        for (int i = 0; i < classes.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(classes[i])) throw fault($"the head for segmentation has a class {i} without a name");
        }
    }

    private static void Positive(HeadManifest head, int value, string key, Func<string, Exception> fault)
    {
        if (value <= 0) throw fault($"the head for {head.Task} has '{key}' {value}, expected a positive number");
    }

    private static string Text(float? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "nothing";
}
