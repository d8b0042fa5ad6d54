using Microsoft.ML.OnnxRuntime;
using Tips.MLNet.Models;

namespace Tips.MLNet.Tests.Support;

/// <summary>The graphs of a model folder with heads, run by ONNX Runtime as its manifest says.</summary>
internal static class HeadRun
{
    /// <summary>The map of each head at the decoder's resolution, by task.</summary>
    public static Dictionary<string, float[]> Run(string folder, float[] pixels, int height, int width)
    {
        var manifest = ManifestSerializer.ReadFile(Path.Combine(folder, TipsManifest.FileName));
        var dense = manifest.Vision!.Dense;
        string[] outputs = [.. dense.Layers!.Select(l => l.Tokens)];
        using var runOptions = new RunOptions();
        using var encoder = new InferenceSession(Path.Combine(folder, dense.File));
        using var picture = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, height, width]);
        using var tokens = encoder.Run(runOptions, [dense.Input], [picture], outputs);
        int patch = manifest.Vision.PatchSize;
        using var grid = OrtValue.CreateTensorValueFromMemory(new long[] { height / patch, width / patch }, [2]);
        Dictionary<string, float[]> maps = [];
        foreach (var head in manifest.Heads!)
        {
            using var session = new InferenceSession(Path.Combine(folder, head.Graph.File));
            OrtValue[] levels = [.. head.Layers.Select(layer => tokens[dense.Layers!.ToList().FindIndex(l => l.Layer == layer)])];
            using var map = session.Run(
                runOptions, [.. head.Graph.Levels, head.Graph.Grid], [.. levels, grid], [head.Graph.Output]);
            maps.Add(head.Task, map[0].GetTensorDataAsSpan<float>().ToArray());
        }

        return maps;
    }
}
