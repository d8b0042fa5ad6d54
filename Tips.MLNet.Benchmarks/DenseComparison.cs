using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Tips.MLNet.Tests.Formula;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Benchmarks;

/// <summary>
/// Embeds the patches of a large picture window by window, and segments it, in turns with ONNX Runtime alone on as many windows.
/// </summary>
internal static class DenseComparison
{
    private const int Side = 448, Stride = 336, ClassCount = 150;

    public static void Run(int height, int width, int turns)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string checkpoint = Path.Combine(folder, "s14.npz"), output = Path.Combine(folder, "s14");
            FormulaCheckpoint.WriteVision(checkpoint, TowerSize.Small, Side / 14, seed: 1);
            ModelExporter.Export(new ExportRequest(checkpoint, output) { License = "none: benchmark data" });
            using var model = TipsModel.Load(output);
            using var picture = Picture(height, width);
            using var whole = new InferenceSession(Path.Combine(output, model.Manifest.Vision!.Dense.File));
            using var valuePath = new InferenceSession(Path.Combine(output, model.Manifest.Vision!.ValuePath!.File));
            float[] classes = new float[ClassCount * model.EmbeddingDimension];
            FormulaValues.Fill("class", [ClassCount, model.EmbeddingDimension], seed: 5, classes);
            var segmenter = new ZeroShotSegmenter(model, [.. Enumerable.Range(0, ClassCount).Select(i => $"{i}")], classes);
            int windows = Count(height / 14 * 14) * Count(width / 14 * 14);
            var (resizedHeight, resizedWidth) = Dense.SlideWindows.Resized("picture", height, width, Side);
            int slides = Dense.SlideWindows.Origins(resizedHeight, resizedWidth, Side, Stride).Count();

            string title = $"S/14, a picture of {height}x{width}, fp32";
            Turns.Run(
                $"{title}: patch embeddings in {windows} windows of {Side} at stride {Stride}",
                turns,
                ("bare InferenceSession", () => Bare(whole, windows)),
                ("EmbedPatches", () => model.EmbedPatches(picture, new PatchOptions { Input = PatchInput.Windows(Side, Stride) })));
            Turns.Run(
                $"{title}: segmentation with {ClassCount} classes in {slides} windows",
                turns,
                ("bare InferenceSession", () => Bare(valuePath, slides)),
                ("Segment", () => segmenter.Segment(picture)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Count(int side) => (Math.Max(side - Side, 0) + Stride - 1) / Stride + 1;

    private static MLImage Picture(int height, int width)
    {
        byte[] rgb = FormulaValues.Picture("image", height, width, seed: 1), pixels = new byte[height * width * 4];
        for (int i = 0; i < height * width; i++)
        {
            rgb.AsSpan(3 * i, 3).CopyTo(pixels.AsSpan(4 * i));
            pixels[4 * i + 3] = byte.MaxValue;
        }

        return MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, pixels);
    }

    private static void Bare(InferenceSession session, int windows)
    {
        float[] pixels = [.. FormulaValues.Picture("image", Side, Side, seed: 1).Select(b => b / 255f)];
        float[] patches = new float[Side / 14 * (Side / 14) * TowerSize.Small.Width];
        using var options = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, Side, Side]);
        using var output = OrtValue.CreateTensorValueFromMemory(patches, [1, Side / 14 * (Side / 14), TowerSize.Small.Width]);
        for (int i = 0; i < windows; i++) session.Run(options, ["pixel_values"], [input], ["patch_tokens"], [output]);
    }
}
