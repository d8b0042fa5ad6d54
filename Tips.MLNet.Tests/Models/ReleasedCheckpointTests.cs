using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Text;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Tests.Models;

/// <summary>
/// The released checkpoints themselves, where there are any: independent golden values, published scores, and what any image encoder must
/// do.
/// </summary>
[TestClass]
public class ReleasedCheckpointTests
{
    private const string CocoPicture =
        "000000039769.jpg", Checkpoints = "released checkpoints (tips_*.npz and tokenizer.model, or repositories of Hugging Face)";

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void A_released_encoder_tells_like_from_unlike()
    {
        foreach (var (model, request) in Released())
        {
            using var temporary = new TemporaryFolder();
            using var loaded = Export(request, temporary["model"]);
            Assert.AreEqual(
                (model.Variant, model.Shape.Width, model.Resolution), (
                    loaded.Manifest.Variant, loaded.EmbeddingDimension, loaded.ImageHeight));
            float[] gray = Embed(loaded, "gray.jpg"), grayAgain = Embed(loaded, "gray.png");
            float[] rocket = Embed(loaded, "rocket.jpg"), cat = Embed(loaded, "cat.jpg");
            double same = TensorPrimitives.Dot<float>(gray, grayAgain), other = TensorPrimitives.Dot<float>(cat, rocket);
            Assert.IsTrue(same > 0.9 && same > other, $"{model.Name}: the same picture in two formats {same}, a cat and a rocket {other}");
        }
    }

    /// <summary>
    /// Numbers that another port of the reference tests itself with, for TIPSv2 B/14 and a picture of COCO val2017 (two cats on a sofa).
    /// </summary>
    [TestMethod]
    public void TIPSv2_B_gives_the_numbers_of_an_independent_port()
    {
        string folder = ReleasedFiles.Require(ReleasedFiles.CheckpointsVariable, Checkpoints);
        if (ReleasedFiles.Locate(folder, [CocoPicture]) is not { } picture)
        {
            Assert.Inconclusive($"Folder '{folder}' ({ReleasedFiles.CheckpointsVariable}) has no '{CocoPicture}' of COCO val2017.");
            return;
        }

        var requests = Released().Where(r => r.Model.Name == "v2-b14").ToArray();
        if (requests.Length == 0) Assert.Inconclusive($"Folder '{folder}' ({ReleasedFiles.CheckpointsVariable}) has no TIPSv2 B/14.");
        foreach (var (_, request) in requests)
        {
            using var temporary = new TemporaryFolder();
            using var model = Export(request, temporary["model"]);
            float[] pixels = Pixels(model, picture), classTokens = new float[2 * 768], patches = new float[model.PatchCount * 768];
            model.RunPixels(pixels, 1, classTokens, patches);
            float[] first = classTokens[..768];
            AssertStarts([0.22055f, 0.14960f, 0.03689f, 0.12756f, -0.36632f], first, 1e-3f, "CLS 1 before normalizing");
            AssertStarts([0.25287f, -0.01092f, -0.57542f, 0.09660f, -0.04010f], patches, 1e-3f, "first patch token");
            TipsModel.Normalize(first);
            AssertStarts([0.03267f, 0.02216f, 0.00546f, 0.01890f, -0.05426f], first, 1e-3f, "normalized CLS 1");
            if (!model.HasText) continue;
            float[][] texts = model.EmbedTexts(["two cats on a sofa", "a cat lying down", "a dog on a couch", "an empty room"]);
            AssertStarts([0.69319f, 0.03710f, 0.01194f, 0.02136f, -0.04281f], texts[0], 1e-4f, "normalized text");
            float[] expected = [31.1219f, 26.9934f, 20.2675f, 17.5554f];
            for (int i = 0; i < expected.Length; i++)
                Assert.AreEqual(expected[i], TensorPrimitives.Dot<float>(first, texts[i]) / model.Temperature!.Value, 0.05f, $"logit {i}");
        }
    }

    [TestMethod]
    public void The_released_tokenizer_has_the_ids_of_an_independent_port()
    {
        string folder = ReleasedFiles.Require(ReleasedFiles.CheckpointsVariable, Checkpoints);
        if (ReleasedFiles.Locate(folder, ["tokenizer.model"]) is not { } file)
        {
            Assert.Inconclusive($"Folder '{folder}' ({ReleasedFiles.CheckpointsVariable}) has no tokenizer.model.");
            return;
        }

        var tokenizer = TipsTokenizer.Load(file);
        Assert.AreEqual(32_000, tokenizer.VocabularySize);
        (int Id, string Piece)[] expected =
            [(512, "▁is"), (262, "▁a"), (3213, "▁test"), (1300, "▁was"), (10189, "▁born"), (317, "▁in"), (26803, "."), (26773, "é")];
        foreach (var (id, piece) in expected) Assert.AreEqual(piece, tokenizer.GetPiece(id));
    }

    /// <summary>ImageNet-1k, k-NN as DINOv2 scores it; the publisher's own settings are not known, so half a point is allowed.</summary>
    [TestMethod]
    public void ImageNet_k_NN_lands_on_the_published_number()
    {
        string imageNet = ReleasedFiles.Require(
            ReleasedFiles.ImageNetVariable, "ImageNet-1k: train and val, each with one subfolder a class");
        foreach (var (model, request) in Released())
        {
            using var temporary = new TemporaryFolder();
            using var loaded = Export(request, temporary["model"]);
            var ml = new MLContext(seed: 1);
            var pipeline = ml.Transforms.Conversion.MapValueToKey("Key", nameof(LabelledPath.Label))
                .Append(ml.Transforms.LoadImages("Image", "", nameof(LabelledPath.Path)))
                .Append(ml.Transforms.TipsImageEmbedding("Embedding", "Image", loaded))
                .Append(ml.MulticlassClassification.Trainers.KNearestNeighbors("Key", "Embedding"));
            var trained = pipeline.Fit(ml.Data.LoadFromEnumerable(Pictures(imageNet, "train")));
            double accuracy = 100 * ml.MulticlassClassification.Evaluate(
                trained.Transform(ml.Data.LoadFromEnumerable(Pictures(imageNet, "val"))), "Key").MicroAccuracy;
            TestContext.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{model.Name}: {accuracy:F2} %, published {model.Scores.ImageNetKnn} %"));
            Assert.AreEqual(model.Scores.ImageNetKnn, accuracy, 0.5, model.Name);
        }
    }

    private static (Tips.OnnxExport.Downloads.ReleasedModel Model, Func<string, ExportRequest> Request)[] Released()
    {
        string folder = ReleasedFiles.Require(ReleasedFiles.CheckpointsVariable, Checkpoints);
        var found = ReleasedFiles.Find(folder).ToArray();
        if (found.Length == 0)
            Assert.Inconclusive($"Folder '{folder}' ({ReleasedFiles.CheckpointsVariable}) has none of the {Checkpoints}.");
        return found;
    }

    private static TipsModel Export(Func<string, ExportRequest> request, string folder)
    {
        ModelExporter.Export(request(folder));
        return TipsModel.Load(folder, TestExecution.Options);
    }

    private static IEnumerable<LabelledPath> Pictures(string imageNet, string part)
    {
        string folder = Path.Combine(imageNet, part);
        Assert.IsTrue(Directory.Exists(folder), $"{ReleasedFiles.ImageNetVariable} has no folder '{folder}'.");
        return Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).SelectMany(
            c => Directory.EnumerateFiles(c).Order(StringComparer.Ordinal).Select(
                file => new LabelledPath { Path = file, Label = Path.GetFileName(c) }));
    }

    private static float[] Embed(TipsModel model, string picture)
    {
        float[] tokens = new float[2 * model.EmbeddingDimension];
        model.RunPixels(Pixels(model, GoldenFiles.PathOf("images", picture)), 1, tokens);
        float[] first = tokens[..model.EmbeddingDimension];
        TipsModel.Normalize(first);
        return first;
    }

    private static float[] Pixels(TipsModel model, string picture)
    {
        using var image = MLImage.CreateFromFile(picture);
        float[] pixels = new float[model.PixelValuesPerImage];
        new ImagePreprocessor(model.ImageHeight, model.ImageWidth).Preprocess(image, pixels);
        return pixels;
    }

    private static void AssertStarts(float[] expected, float[] actual, float tolerance, string what)
        => Close.AreClose(expected, actual.AsSpan(0, expected.Length), tolerance, what);

    private sealed class LabelledPath
    {
        public string Path { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
