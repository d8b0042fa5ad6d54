using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Commands;

namespace Tips.MLNet.Tests.Models;

/// <summary>The released checkpoints themselves, where there are any.</summary>
[TestClass]
public class ReleasedCheckpointTests
{
    /// <summary>Folder with released image encoders (tips_*_vision.npz).</summary>
    private const string Variable = "TIPS_CHECKPOINTS";

    [TestMethod]
    public void A_released_encoder_tells_like_from_unlike()
    {
        string? folder = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(folder)) Assert.Inconclusive($"{Variable} is not set: give it a folder with released image encoders (tips_*_vision.npz).");
        string[] checkpoints = Directory.GetFiles(folder, "tips_*vision*.npz");
        if (checkpoints.Length == 0) Assert.Inconclusive($"Folder '{folder}' ({Variable}) has no tips_*_vision.npz.");
        foreach (string checkpoint in checkpoints)
        {
            using var temporary = new TemporaryFolder();
            ModelExporter.Export(new ExportRequest(checkpoint, temporary["model"]));
            using var model = TipsModel.Load(temporary["model"]);
            float[] gray = Embed(model, "gray.jpg"), grayAgain = Embed(model, "gray.png"), rocket = Embed(model, "rocket.jpg"), cat = Embed(model, "cat.jpg");
            double same = TensorPrimitives.Dot<float>(gray, grayAgain), other = TensorPrimitives.Dot<float>(cat, rocket);
            Assert.IsTrue(same > 0.9 && same > other, $"{Path.GetFileName(checkpoint)}: the same picture in two formats {same}, a cat and a rocket {other}");
        }
    }

    private static float[] Embed(TipsModel model, string picture)
    {
        using var image = MLImage.CreateFromFile(GoldenFiles.PathOf("images", picture));
        float[] pixels = new float[model.PixelValuesPerImage], tokens = new float[2 * model.EmbeddingDimension];
        new ImagePreprocessor(model.ImageHeight, model.ImageWidth).Preprocess(image, pixels);
        model.EmbedImages(pixels, 1, tokens);
        float[] first = tokens[..model.EmbeddingDimension];
        TipsModel.Normalize(first);
        return first;
    }
}
