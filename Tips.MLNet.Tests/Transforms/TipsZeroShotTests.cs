using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Transforms;

[TestClass]
public class TipsZeroShotTests
{
    private static readonly string[] Labels = ["red apple", "dog face", "airplane", "snowman"];

    private static TipsModel _model = null!;

    private readonly MLContext _ml = new(seed: 1);

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    /// <summary>
    /// The formula in its plainest form: normalize each prompt, average, normalize again; cosine over temperature; softmax.
    /// </summary>
    [TestMethod]
    public void Scores_follow_the_plain_formula()
    {
        PromptTemplate[] templates = ["{}", "a photo of a {}.", (Func<string, string>)(label => "many " + label)];
        var classifier = ZeroShotClassifier.Create(_model, Labels, templates);
        Assert.AreEqual(_model.Temperature, classifier.Temperature);
        CollectionAssert.AreEqual(Labels, classifier.Labels.ToArray());

        float[] picture = [.. Enumerable.Range(0, 192).Select(i => MathF.Sin(i))], scores = new float[4];
        classifier.Score(picture, scores);
        double[] logits = [.. Labels.Select(label =>
        {
            double[] mean = new double[192];
            foreach (string prompt in (string[])[label, $"a photo of a {label}.", "many " + label])
            {
                double[] embedding = Normalize([.. Embed(prompt).Select(v => (double)v)]);
                for (int i = 0; i < 192; i++) mean[i] += embedding[i] / 3;
            }

            mean = Normalize(mean);
            double[] query = Normalize([.. picture.Select(v => (double)v)]);
            return mean.Zip(query).Sum(p => p.First * p.Second) / _model.Temperature!.Value;
        })];
        double total = logits.Sum(l => Math.Exp(l - logits.Max()));
        Close.AreClose([.. logits.Select(l => (float)(Math.Exp(l - logits.Max()) / total))], scores, 1e-4f);
        Assert.AreEqual(1, scores.Sum(), 1e-5);
        int best = Array.IndexOf(scores, scores.Max());
        Assert.AreEqual((Labels[best], scores[best]), classifier.Classify(picture));
    }

    [TestMethod]
    public void Prompts_may_be_given_for_each_label()
    {
        var byTemplate = ZeroShotClassifier.Create(_model, Labels, ["a {}", "the {}"], temperature: 0.5f);
        var byPrompt = ZeroShotClassifier.Create(_model, [.. Labels.Select(l => Prompts(l, $"a {l}", $"the {l}"))], temperature: 0.5f);
        float[] picture = [.. Enumerable.Range(0, 192).Select(i => MathF.Cos(i))], a = new float[4], b = new float[4];
        byTemplate.Score(picture, a);
        byPrompt.Score(picture, b);
        CollectionAssert.AreEqual(a, b);
    }

    [TestMethod]
    public void The_transform_works_with_Evaluate_and_survives_saving()
    {
        var classifier = ZeroShotClassifier.Create(_model, Labels);
        float[][] embeddings = [.. Labels.Select(Embed)];
        Row[] rows =
        [
            .. Labels.Select((label, i) => new Row { Label = label, Embedding = embeddings[i] }),
            new Row { Label = Labels[0], Embedding = [float.NaN, .. new float[191]] },
        ];
        var data = _ml.Data.LoadFromEnumerable(rows);
        var order = _ml.Data.LoadFromEnumerable(Labels.Select(l => new KeyRow { Label = l }));
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label", keyData: order).Fit(data).Transform(data);
        var pipeline = _ml.Transforms.TipsZeroShotClassification("Embedding", classifier)
            .Append(_ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"))
            .Fit(keyed);
        var predictions = pipeline.Transform(keyed);

        string[] names = [.. predictions.GetColumn<string>("Name")];
        CollectionAssert.AreEqual(Labels, names[..4], "a text is closest to itself");
        Assert.AreEqual("", names[4] ?? "");
        Assert.IsTrue(predictions.GetColumn<float[]>("Score").Last().All(float.IsNaN));
        var metrics = _ml.MulticlassClassification.Evaluate(_ml.Data.TakeRows(predictions, 4));
        Assert.AreEqual(1, metrics.MicroAccuracy);
        VBuffer<ReadOnlyMemory<char>> slots = default;
        predictions.Schema["Score"].GetSlotNames(ref slots);
        CollectionAssert.AreEqual(Labels, slots.DenseValues().Select(s => s.ToString()).ToArray());

        using var stream = new MemoryStream();
        _ml.Model.Save(pipeline, keyed.Schema, stream);
        stream.Position = 0;
        var loaded = new MLContext().Model.Load(stream, out _).Transform(keyed);
        foreach (var (before, after) in predictions.GetColumn<float[]>("Score").Zip(loaded.GetColumn<float[]>("Score")))
            CollectionAssert.AreEqual(before, after);
        CollectionAssert.AreEqual(names, loaded.GetColumn<string>("Name").ToArray());
    }

    /// <summary>The rows come in another order than the labels, so that keys by the order of the rows would be wrong ones.</summary>
    [TestMethod]
    public void True_labels_become_keys_in_the_order_of_the_scores()
    {
        var data = Reversed();
        var classifier = ZeroShotClassifier.Create(_model, Labels);
        var trained = _ml.Transforms.TipsZeroShotClassification("Embedding", classifier, "Label").Fit(data);
        Check(trained.Transform(data));

        using var stream = new MemoryStream();
        _ml.Model.Save(trained, data.Schema, stream);
        stream.Position = 0;
        var loaded = new MLContext().Model.Load(stream, out _);
        Check(loaded.Transform(data));
        Check(loaded.Transform(trained.Transform(data))); // keys in the right order stay as they are

        var unlabeled = _ml.Data.LoadFromEnumerable([new EmbeddingRow { Embedding = Embed(Labels[2]) }]);
        var predicted = loaded.Transform(unlabeled);
        Assert.IsNull(predicted.Schema.GetColumnOrNull("Label"), "rows to predict have no label");
        CollectionAssert.AreEqual(new uint[] { 3 }, predicted.GetColumn<uint>("PredictedLabel").ToArray());

        void Check(IDataView predictions)
        {
            CollectionAssert.AreEqual(new uint[] { 4, 3, 2, 1, 0 }, predictions.GetColumn<uint>("Label").ToArray());
            VBuffer<ReadOnlyMemory<char>> values = default;
            predictions.Schema["Label"].GetKeyValues(ref values);
            CollectionAssert.AreEqual(Labels, values.DenseValues().Select(v => v.ToString()).ToArray());
            Assert.AreEqual(1, _ml.MulticlassClassification.Evaluate(predictions).MicroAccuracy);
        }
    }

    [TestMethod]
    public void Keys_in_another_order_are_refused()
    {
        var data = Reversed();
        var classifier = ZeroShotClassifier.Create(_model, Labels);
        foreach (int rows in (int[])[2, 4, 5])
        {
            var some = _ml.Data.TakeRows(data, rows);
            var keyed = _ml.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(some).Transform(some);
            foreach (string? label in (string?[])[null, "Label", "Key"])
            {
                string message = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
                    () => _ml.Transforms.TipsZeroShotClassification("Embedding", classifier, label).Fit(keyed)).Message;
                Assert.Contains("'Key'", message);
                Assert.Contains("classifier's labels in", message);
            }
        }

        var ordered = _ml.Data.TakeRows(data, 1);
        var order = _ml.Data.LoadFromEnumerable(Labels.Select(l => new KeyRow { Label = l }));
        ordered = _ml.Transforms.Conversion.MapValueToKey("Key", "Label", keyData: order).Fit(ordered).Transform(ordered);
        foreach (string? label in (string?[])[null, "Label", "Key"])
            _ml.Transforms.TipsZeroShotClassification("Embedding", classifier, label).Fit(ordered);
    }

    [TestMethod]
    public void Keys_of_other_things_are_no_concern()
    {
        var data = _ml.Data.LoadFromEnumerable(Labels.Reverse().Select(l => new Row { Label = "my " + l, Embedding = Embed(l) }));
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(data).Transform(data);
        var once = _ml.Transforms.TipsZeroShotClassification("Embedding", ZeroShotClassifier.Create(_model, Labels)).Fit(keyed);
        string[] reversed = [.. Labels.Reverse()];
        var twice = _ml.Transforms.TipsZeroShotClassification("Embedding", ZeroShotClassifier.Create(_model, reversed));
        var names = twice.Fit(once.Transform(keyed)).Transform(once.Transform(keyed)).GetColumn<uint>("PredictedLabel");
        CollectionAssert.AreEqual(new uint[] { 1, 2, 3, 4 }, names.ToArray(), "what another classifier predicts is no true label");
    }

    [TestMethod]
    public void The_schema_is_the_same_before_and_after_fitting()
    {
        var data = _ml.Data.LoadFromEnumerable(Array.Empty<Row>());
        var estimator = _ml.Transforms.TipsZeroShotClassification("Embedding", ZeroShotClassifier.Create(_model, Labels), "Label");
        var before = estimator.GetOutputSchema(SchemaShapes.Of(data.Schema));
        var after = SchemaShapes.Of(estimator.Fit(data).GetOutputSchema(data.Schema));
        foreach (string name in (string[])["PredictedLabel", "Score", "Label"])
            Assert.AreEqual(Describe(after.Single(c => c.Name == name)), Describe(before.Single(c => c.Name == name)));

        static string Describe(SchemaShape.Column column)
        {
            var annotations = column.Annotations.OrderBy(a => a.Name, StringComparer.Ordinal)
                .Select(a => $"{a.Name} {a.Kind} {a.ItemType}");
            return $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey} ({string.Join(", ", annotations)})";
        }
    }

    [TestMethod]
    public void Misuse_is_reported()
    {
        Fails<ArgumentException>("There are 1 labels, expected at least 2.", () => ZeroShotClassifier.Create(_model, ["a"]));
        Fails<ArgumentException>("The label 'a' is there twice.", () => ZeroShotClassifier.Create(_model, ["a", "b", "a"]));
        Fails<ArgumentException>("There is no template.", () => ZeroShotClassifier.Create(_model, ["a", "b"], []));
        Fails<ArgumentException>("The template 'a photo' has no {} for the label.", () => PromptTemplate.Create("a photo"));
        Fails<ArgumentException>(
            "The label 'b' has no prompt.",
            () => ZeroShotClassifier.Create(_model, [Prompts("a", "a"), Prompts("b")]));
        Fails<ArgumentException>(
            "The label 'b' has no prompt.",
            () => ZeroShotClassifier.Create(_model, [Prompts("a", "a"), Prompts("b", null!)]));
        Fails<ArgumentException>(
            "A label is null.",
            () => ZeroShotClassifier.Create(_model, [Prompts("a", "a"), Prompts(null!, "b")]));
        Fails<ArgumentException>(
            "The prompts of label ' ' have no words",
            () => ZeroShotClassifier.Create(_model, ["a", " "]));
        float[] sharp = new float[2];
        float[] picture = [.. Enumerable.Range(0, 192).Select(i => MathF.Sin(i))];
        ZeroShotClassifier.Create(_model, ["a", "b"], temperature: 1e-40f).Score(picture, sharp);
        Assert.AreEqual(1f, sharp.Sum());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ZeroShotClassifier.Create(_model, ["a", "b"], temperature: 0));
        var classifier = ZeroShotClassifier.Create(_model, ["a", "b"]);
        Fails<ArgumentException>(
            "The embedding has 3 values, expected 192.",
            () => classifier.Score(new float[3], new float[2]));
        Fails<ArgumentException>(
            "There is room for 3 scores, expected 2.",
            () => classifier.Score(new float[192], new float[3]));
        var data = _ml.Data.LoadFromEnumerable(Array.Empty<Row>());
        Fails<ArgumentOutOfRangeException>(
            "There is no embedding column 'Nope'.",
            () => _ml.Transforms.TipsZeroShotClassification("Nope", classifier).Fit(data));
        Fails<ArgumentOutOfRangeException>(
            "The embedding column 'Label' must be a vector of 192 values of Single, but it is String.",
            () => _ml.Transforms.TipsZeroShotClassification("Label", classifier).Fit(data));
        Fails<ArgumentOutOfRangeException>(
            "There is no label column 'Nope'.",
            () => _ml.Transforms.TipsZeroShotClassification("Embedding", classifier, "Nope").Fit(data));
        Fails<ArgumentOutOfRangeException>(
            "The label column 'Embedding' must be a text, or a key whose values are the classifier's labels in their order, but it is",
            () => _ml.Transforms.TipsZeroShotClassification("Embedding", classifier, "Embedding").Fit(data));
        using var pictures = TipsModel.Load(TestModels.MiniFolder());
        Fails<ArgumentException>(
            "does not know its temperature; give one.",
            () => ZeroShotClassifier.Create(pictures, ["a", "b"]));

        static void Fails<TException>(string expected, Action action)
            where TException : Exception
            => Assert.Contains(expected, Assert.Throws<TException>(action).Message);
    }

    private static KeyValuePair<string, IReadOnlyList<string>> Prompts(string label, params string[] prompts)
        => KeyValuePair.Create(label, (IReadOnlyList<string>)prompts);

    /// <summary>Texts that stand for pictures of themselves, the last of a label that no classifier here has.</summary>
    private IDataView Reversed() => _ml.Data.LoadFromEnumerable(
        Labels.Reverse().Append("unknown").Select(label => new Row { Label = label, Embedding = Embed(label) }));

    private static float[] Embed(string text) => _model.EmbedText(text, normalize: false);

    private static double[] Normalize(double[] vector)
    {
        double norm = Math.Max(Math.Sqrt(vector.Sum(v => v * v)), 1e-3);
        return [.. vector.Select(v => v / norm)];
    }

    private sealed class Row
    {
        public string Label { get; set; } = "";

        [VectorType(192)]
        public float[] Embedding { get; set; } = [];
    }

    private sealed class EmbeddingRow
    {
        [VectorType(192)]
        public float[] Embedding { get; set; } = [];
    }

    private sealed class KeyRow
    {
        public string Label { get; set; } = "";
    }
}
