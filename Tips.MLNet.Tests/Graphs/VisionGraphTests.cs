using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Tips.MLNet.Models.Onnx;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Graphs;

[TestClass]
public class VisionGraphTests
{
    [TestMethod]
    public void The_batch_is_dynamic_and_its_members_do_not_meet()
    {
        using var model = TipsModel.Load(TestModels.MiniFolder());
        int dimension = model.EmbeddingDimension;
        float[][] inputs = [.. Enumerable.Range(1, 5).Select(seed => TestPictures.FormulaInput(56, 56, (ulong)seed))];
        float[] together = new float[5 * 2 * dimension], patches = new float[5 * 16 * dimension], dense = new float[5 * 2 * dimension];
        model.RunPixels(inputs.SelectMany(i => i).ToArray(), 5, together);
        model.RunPixels(inputs.SelectMany(i => i).ToArray(), 5, dense, patches);
        for (int i = 0; i < 5; i++)
        {
            float[] alone = new float[2 * dimension], alonePatches = new float[16 * dimension];
            model.RunPixels(inputs[i], 1, alone);
            Close.AreClose(alone, together.AsSpan(i * 2 * dimension, 2 * dimension), 5e-6f);
            model.RunPixels(inputs[i], 1, alone, alonePatches);
            Close.AreClose(alonePatches, patches.AsSpan(i * 16 * dimension, 16 * dimension), 5e-6f);
        }
    }

    [TestMethod]
    [DataRow("vision_embedding.onnx")]
    [DataRow("vision_dense.onnx")]
    [DataRow("vision_value_path.onnx")]
    public void Only_standard_operators_are_used(string file)
    {
        var model = ReadGraph(file);
        Assert.AreEqual("", model.OpsetImport.Single().Domain);
        Assert.AreEqual(20, model.OpsetImport.Single().Version);
        Assert.IsTrue(model.Graph.Node.All(n => n.Domain.Length == 0));
    }

    [TestMethod]
    public void Weights_are_external_and_shared_by_all_graphs()
    {
        string[] files = ["vision_embedding.onnx", "vision_dense.onnx", "vision_value_path.onnx"];
        var places = new Dictionary<string, string>();
        string[][] names = Array.ConvertAll(files, f => ReadGraph(f).Graph.Initializer
            .Where(t => t.DataType == 1 && !t.Name.StartsWith("const.", StringComparison.Ordinal))
            .Select(t => t.Name).Order(StringComparer.Ordinal).ToArray());
        // Patch embedding 2, class tokens 1, positions 1, final norm 2; a block: two norms of 2 and six linear layers of 2.
        Assert.HasCount(6 + 3 * 16, names[0]);
        // The others have the checkpoint's grid instead, and the taps that resize it.
        string[] grid = ["vision.positions.columns.taps", "vision.positions.grid", "vision.positions.rows.taps"];
        CollectionAssert.AreEquivalent(names[0].Except(["vision.positions"]).Concat(grid).ToArray(), names[1]);
        string[] attention = [.. ((string[])["query", "key"]).SelectMany(n
            => new[] { $"vision.blocks.2.attention.{n}.weight", $"vision.blocks.2.attention.{n}.bias" })];
        CollectionAssert.AreEquivalent(names[1].Except(attention).ToArray(), names[2]);
        foreach (string file in files)
        {
            foreach (var tensor in ReadGraph(file).Graph.Initializer.Where(t => names.Any(n => n.Contains(t.Name))))
            {
                Assert.AreEqual(TensorProto.Types.DataLocation.External, tensor.DataLocation, tensor.Name);
                string place = string.Join(" ", tensor.ExternalData.Select(e => $"{e.Key}={e.Value}"));
                Assert.Contains("location=vision.fp32.safetensors", place);
                if (!places.TryAdd(tensor.Name, place)) Assert.AreEqual(places[tensor.Name], place);
            }

            Assert.IsLessThan(100_000L, new FileInfo(Path.Combine(TestModels.MiniFolder(), file)).Length);
        }

        Assert.HasCount(names[1].Length + 1, places, "each in the file once");
    }

    /// <summary>The last block of the embedding graph works on two tokens a picture, keys and values apart.</summary>
    [TestMethod]
    [DataRow("vision.blocks.1.feed_forward.hidden.product", 18, 18)]
    [DataRow("vision.blocks.2.attention.query.product", 2, 18)]
    [DataRow("vision.blocks.2.attention.key.product", 18, 18)]
    [DataRow("vision.blocks.2.attention.output.product", 2, 18)]
    [DataRow("vision.blocks.2.feed_forward.hidden.product", 2, 18)]
    public void The_embedding_graph_computes_two_rows_of_the_last_block(string value, int embeddingRows, int denseRows)
    {
        Assert.AreEqual(embeddingRows, RowsOf(value, "vision_embedding.onnx"));
        Assert.AreEqual(denseRows, RowsOf(value, "vision_dense.onnx"));
    }

    // Runs the graph with an inner value as a further output.
    private static long RowsOf(string value, string file)
    {
        using var folder = new TemporaryFolder();
        TestModels.Copy(TestModels.MiniFolder(), folder["model"]);
        var graph = ReadGraph(file);
        graph.Graph.Output.Add(new ValueInfoProto { Name = value });
        string path = Path.Combine(folder["model"], file);
        File.WriteAllBytes(path, graph.ToByteArray());
        using var session = new InferenceSession(path);
        using var input = OrtValue.CreateTensorValueFromMemory(TestPictures.FormulaInput(56, 56, 1), [1, 3, 56, 56]);
        using var runOptions = new RunOptions();
        using var outputs = session.Run(runOptions, ["pixel_values"], [input], [value]);
        return outputs[0].GetTensorTypeAndShape().Shape[1];
    }

    /// <summary>Any tool that knows safetensors can read the weights by name.</summary>
    [TestMethod]
    public void The_weights_file_is_valid_safetensors()
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(TestModels.MiniFolder(), "vision.fp32.safetensors"));
        int length = (int)BitConverter.ToUInt64(bytes);
        using var header = System.Text.Json.JsonDocument.Parse(bytes.AsMemory(8, length));
        long end = 0;
        foreach (var tensor in header.RootElement.EnumerateObject())
        {
            Assert.AreEqual("F32", tensor.Value.GetProperty("dtype").GetString());
            long[] offsets = [.. tensor.Value.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64())];
            long values = tensor.Value.GetProperty("shape").EnumerateArray().Aggregate(1L, (a, d) => a * d.GetInt64());
            Assert.AreEqual(end, offsets[0], "no gaps");
            Assert.AreEqual(values * 4, offsets[1] - offsets[0]);
            end = offsets[1];
        }

        Assert.AreEqual(bytes.LongLength, 8 + length + end);
        float[] finalNorm = new float[128];
        var place = header.RootElement.GetProperty("vision.norm.gain").GetProperty("data_offsets");
        Buffer.BlockCopy(bytes, 8 + length + place[0].GetInt32(), finalNorm, 0, 512);
        CollectionAssert.AreEqual(GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", "vision_mlp.npz"))["norm.weight"], finalNorm);
    }

    private static ModelProto ReadGraph(string file)
    {
        using var stream = File.OpenRead(Path.Combine(TestModels.MiniFolder(), file));
        return ModelProto.Parser.ParseFrom(stream);
    }
}
