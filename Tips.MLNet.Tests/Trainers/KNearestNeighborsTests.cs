using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Search;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Trainers;

namespace Tips.MLNet.Tests.Trainers;

[TestClass]
public class KNearestNeighborsTests
{
    private const int Dimension = 8, Classes = 3;

    // Keys in objects count from 0; a value past the key type's count means a missing key.
    private const uint MissingKey = 2;

    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    [DataRow(DistanceMetric.Cosine, NeighborWeighting.Softmax, 20)]
    [DataRow(DistanceMetric.Cosine, NeighborWeighting.InverseDistance, 5)]
    [DataRow(DistanceMetric.Cosine, NeighborWeighting.Uniform, 1)]
    [DataRow(DistanceMetric.Euclidean, NeighborWeighting.Softmax, 1000)]
    [DataRow(DistanceMetric.Euclidean, NeighborWeighting.InverseDistance, 7)]
    [DataRow(DistanceMetric.Euclidean, NeighborWeighting.Uniform, 7)]
    public void Predictions_match_the_plain_reference(DistanceMetric metric, NeighborWeighting weighting, int k)
    {
        var (rows, vectors, labels) = Data("train", 90);
        float[][] queries = TestVectors.Make("test", 300, Dimension);
        var options = new KNearestNeighborsOptions { NumberOfNeighbors = k, Metric = metric, Weighting = weighting };
        var output = Predict(Trainer(k, metric, weighting).Fit(Keys(rows)), queries);
        for (int i = 0; i < queries.Length; i++)
        {
            double[] expected = ReferenceNeighbors.Scores(vectors, labels, Classes, queries[i], options);
            Close.AreClose([.. expected.Select(e => (float)e)], output[i].Score, 2e-4f);
            Assert.AreEqual(Array.IndexOf(output[i].Score, output[i].Score.Max()) + 1, (int)output[i].PredictedLabel);
        }
    }

    [TestMethod]
    public void The_nearest_neighbor_of_a_training_row_is_itself()
    {
        var (rows, vectors, _) = Data("train", 60);
        var data = Keys(rows);
        var predicted = Trainer(1).Fit(data).Transform(data);
        CollectionAssert.AreEqual(predicted.GetColumn<uint>("Key").ToArray(), predicted.GetColumn<uint>("PredictedLabel").ToArray());
        Assert.HasCount(60, vectors);
    }

    [TestMethod]
    public void Evaluate_CrossValidate_and_feature_importance_work()
    {
        var (rows, _, _) = Data("train", 90);
        var data = _ml.Data.Cache(Keys(rows));
        var model = Trainer(3).Fit(data);
        var metrics = _ml.MulticlassClassification.Evaluate(model.Transform(data), "Key");
        Assert.IsGreaterThan(0.5, metrics.MicroAccuracy);
        Assert.HasCount(Classes, metrics.PerClassLogLoss);
        Assert.AreEqual(3, metrics.ConfusionMatrix.NumberOfClasses);

        var folds = _ml.MulticlassClassification.CrossValidate(data, Trainer(3), numberOfFolds: 3, labelColumnName: "Key");
        Assert.HasCount(3, folds);
        Assert.IsTrue(folds.All(f => f.Metrics.MicroAccuracy is >= 0 and <= 1));

        var importance = _ml.MulticlassClassification.PermutationFeatureImportance(model, data, "Key");
        Assert.HasCount(Dimension, importance);
    }

    [TestMethod]
    public void MapKeyToValue_returns_the_labels()
    {
        var (rows, _, _) = Data("train", 30);
        var data = Keys(rows);
        string[] names =
        [
            .. Trainer(1)
                .Append(_ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"))
                .Fit(data)
                .Transform(data)
                .GetColumn<string>("Name"),
        ];
        CollectionAssert.AreEqual(rows.Select(r => r.Label).ToArray(), names);
    }

    [TestMethod]
    public void Scores_carry_the_annotations_of_ML_NETs_classifiers()
    {
        var data = Keys(Data("train", 30).Rows);
        var schema = Trainer(3).Fit(data).GetOutputSchema(data.Schema);
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["Score"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(new[] { "class 0", "class 1", "class 2" }, names.DenseValues().Select(n => n.ToString()).ToArray());
        schema["PredictedLabel"].GetKeyValues(ref names);
        CollectionAssert.AreEqual(new[] { "class 0", "class 1", "class 2" }, names.DenseValues().Select(n => n.ToString()).ToArray());
        Assert.AreEqual("MulticlassClassification", Annotation("Score", "ScoreColumnKind"));
        Assert.AreEqual("Score", Annotation("Score", "ScoreValueKind"));
        Assert.AreEqual("PredictedLabel", Annotation("PredictedLabel", "ScoreValueKind"));

        // The same annotations as from one of ML.NET's own trainers, no more and no less.
        var own = _ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Key", "Features").Fit(data).GetOutputSchema(data.Schema);
        foreach (string column in (string[])["Score", "PredictedLabel"])
        {
            string[] expected = [.. Names(own[column]).Where(n => n != "ScoreColumnSetId")];
            CollectionAssert.AreEqual(expected, Names(schema[column]), column);
        }

        static string[] Names(DataViewSchema.Column column)
            => [.. column.Annotations.Schema.Select(c => c.Name).Order(StringComparer.Ordinal)];

        string Annotation(string column, string name)
        {
            ReadOnlyMemory<char> value = default;
            schema[column].Annotations.GetValue(name, ref value);
            return value.ToString();
        }
    }

    [TestMethod]
    public void The_schema_is_the_same_before_and_after_fitting()
    {
        var data = Keys(Data("train", 30).Rows);
        var shape = Trainer(3).GetOutputSchema(SchemaShapes.Of(data.Schema));
        var fitted = SchemaShapes.Of(Trainer(3).Fit(data).GetOutputSchema(data.Schema));
        foreach (string name in (string[])["PredictedLabel", "Score"])
            Assert.AreEqual(Describe(fitted.Single(c => c.Name == name)), Describe(shape.Single(c => c.Name == name)));

        static string Describe(SchemaShape.Column column)
        {
            var annotations = column.Annotations.OrderBy(a => a.Name, StringComparer.Ordinal)
                .Select(a => $"{a.Name} {a.Kind} {a.ItemType} {a.IsKey}");
            return $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey} ({string.Join(", ", annotations)})";
        }
    }

    [TestMethod]
    [DataRow(DataKind.Byte, typeof(byte))]
    [DataRow(DataKind.UInt16, typeof(ushort))]
    [DataRow(DataKind.UInt32, typeof(uint))]
    [DataRow(DataKind.UInt64, typeof(ulong))]
    public void Keys_of_every_type_work_as_labels(DataKind kind, Type type)
    {
        var data = Keys(Data("train", 30).Rows);
        data = _ml.Transforms.Conversion.ConvertType("Converted", "Key", kind).Fit(data).Transform(data);
        Assert.AreEqual(type, ((KeyDataViewType)data.Schema["Converted"].Type).RawType);
        var trainer = _ml.MulticlassClassification.Trainers.KNearestNeighbors("Converted", "Features", numberOfNeighbors: 1);
        var predicted = trainer.Fit(data).Transform(data);
        CollectionAssert.AreEqual(data.GetColumn<uint>("Key").ToArray(), predicted.GetColumn<uint>("PredictedLabel").ToArray());
        Assert.AreEqual(1, _ml.MulticlassClassification.Evaluate(predicted, "Key").MicroAccuracy);
    }

    [TestMethod]
    public void Label_values_that_are_not_text_are_restored()
    {
        var rows = Enumerable.Range(0, 6).Select(i => new NumberedRow { Label = 10.5f * (i % 2), Features = [i % 2, 1] });
        var data = _ml.Data.LoadFromEnumerable(rows);
        var model = _ml.Transforms.Conversion.MapValueToKey("Key", "Label")
            .Append(_ml.MulticlassClassification.Trainers.KNearestNeighbors("Key", "Features", 1))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("Value", "PredictedLabel"))
            .Fit(data);
        float[] expected = [0f, 10.5f, 0f, 10.5f, 0f, 10.5f];
        CollectionAssert.AreEqual(expected, model.Transform(data).GetColumn<float>("Value").ToArray());
        using var stream = new MemoryStream();
        _ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        CollectionAssert.AreEqual(expected, _ml.Model.Load(stream, out _).Transform(data).GetColumn<float>("Value").ToArray());
    }

    [TestMethod]
    public void Rows_without_a_label_or_with_bad_features_are_skipped()
    {
        UIntRow[] rows =
        [
            new() { Label = 0, Features = [1, 0] },
            new() { Label = MissingKey, Features = [0, 1] },
            new() { Label = 1, Features = [float.NaN, 1] },
            new() { Label = 1, Features = [0, float.PositiveInfinity] },
            new() { Label = 1, Features = [-1, 0] },
        ];
        var model = _ml.MulticlassClassification.Trainers.KNearestNeighbors().Fit(_ml.Data.LoadFromEnumerable(rows));
        Assert.AreEqual(2, model.Model.Count);
        Assert.AreEqual(2, model.Model.FeatureDimension);
        Assert.AreEqual(2, model.Model.ClassCount);
    }

    [TestMethod]
    public void With_no_row_to_learn_from_the_error_counts_the_skipped_rows()
    {
        UIntRow[] rows = [new() { Label = MissingKey, Features = [1, 0] }, new() { Label = 1, Features = [float.NaN, 0] }];
        var data = _ml.Data.LoadFromEnumerable(rows);
        string message = MessageOf<InvalidOperationException>(() => _ml.MulticlassClassification.Trainers.KNearestNeighbors().Fit(data));
        Assert.AreEqual(
            "There is no row to learn from. Rows skipped: 1 without a label in 'Label', 1 with a value in 'Features' that is not finite.",
            message);
    }

    [TestMethod]
    public void A_query_that_is_not_finite_gets_a_missing_label()
    {
        var model = Trainer(3).Fit(Keys(Data("train", 30).Rows));
        float[] bad = new float[Dimension];
        bad[2] = float.NaN;
        var output = Predict(model, [bad, .. TestVectors.Make("test", 1, Dimension)]);
        Assert.AreEqual(0u, output[0].PredictedLabel);
        Assert.IsTrue(output[0].Score.All(float.IsNaN));
        Assert.AreNotEqual(0u, output[1].PredictedLabel);
    }

    [TestMethod]
    public void Wrong_columns_are_named()
    {
        var data = Keys(Data("train", 30).Rows);
        var trainers = _ml.MulticlassClassification.Trainers;
        Assert.Contains(
            "There is no label column 'Nope'. The columns are: 'Label', 'Features', 'Key'.",
            Fails(trainers.KNearestNeighbors("Nope")));
        Assert.Contains("There is no feature column 'Nope'.", Fails(trainers.KNearestNeighbors("Key", "Nope")));
        Assert.Contains(
            "The label column 'Label' must be a key (see MapValueToKey), but it is String.",
            Fails(trainers.KNearestNeighbors("Label")));
        Assert.Contains(
            "The feature column 'Label' must be a vector of Single of known size (1 to 16777215), but it is String.",
            Fails(trainers.KNearestNeighbors("Key", "Label")));

        string Fails(KNearestNeighborsTrainer trainer)
        {
            string atFit = MessageOf<ArgumentOutOfRangeException>(() => trainer.Fit(data));
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => trainer.GetOutputSchema(SchemaShapes.Of(data.Schema)));
            return atFit;
        }
    }

    [TestMethod]
    public void A_different_dimension_than_in_training_is_named()
    {
        var model = _ml.MulticlassClassification.Trainers.KNearestNeighbors("Key", "Features").Fit(Keys(Data("train", 30).Rows));
        var two = _ml.Data.LoadFromEnumerable(new[] { new UIntRow { Features = [1, 2] } });
        Assert.Contains(
            "The feature column 'Features' must be a vector of 8 values, as in training, but it is Vector<Single, 2>.",
            MessageOf<ArgumentOutOfRangeException>(() => model.Transform(two)));
    }

    [TestMethod]
    public void A_single_class_is_refused()
    {
        var rows = _ml.Data.LoadFromEnumerable(Data("train", 1).Rows);
        var data = _ml.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(rows).Transform(rows);
        Assert.Contains("must be a key of 2 to", MessageOf<ArgumentOutOfRangeException>(() => Trainer(1).Fit(data)));
    }

    [TestMethod]
    public void Options_out_of_range_are_refused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer(1, (DistanceMetric)9));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer(1, DistanceMetric.Cosine, (NeighborWeighting)9));
        foreach (float temperature in (float[])[0, -1, float.NaN, float.PositiveInfinity])
        {
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(
                () => _ml.MulticlassClassification.Trainers.KNearestNeighbors(temperature: temperature));
        }
    }

    [TestMethod]
    public void PredictionEngine_gives_the_same_result()
    {
        var data = Keys(Data("train", 90).Rows);
        var model = Trainer(5).Fit(data);
        float[] query = TestVectors.Make("test", 1, Dimension)[0];
        using var engine = _ml.Model.CreatePredictionEngine<Row, Output>(model);
        var one = engine.Predict(new Row { Features = query });
        var many = Predict(model, [query])[0];
        Assert.AreEqual(many.PredictedLabel, one.PredictedLabel);
        CollectionAssert.AreEqual(many.Score, one.Score);
    }

    [TestMethod]
    [DataRow(DistanceMetric.Cosine)]
    [DataRow(DistanceMetric.Euclidean)]
    public void Saving_and_loading_changes_no_bit_and_keeps_the_options(DistanceMetric metric)
    {
        var data = Keys(Data("train", 90).Rows);
        var model = _ml.MulticlassClassification.Trainers
            .KNearestNeighbors("Key", "Features", 7, metric, NeighborWeighting.InverseDistance, 0.5f)
            .Fit(data);
        using var stream = new MemoryStream();
        _ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        var loaded = new MLContext().Model.Load(stream, out _);
        float[][] queries = TestVectors.Make("test", 40, Dimension);
        var before = Predict(model, queries);
        var after = Predict(loaded, queries);
        for (int i = 0; i < queries.Length; i++) CollectionAssert.AreEqual(before[i].Score, after[i].Score);
        var parameters = ((KNearestNeighborsTransformer)loaded).Model;
        foreach (var option in typeof(KNearestNeighborsOptions).GetProperties())
            Assert.AreEqual(option.GetValue(model.Model.Options), option.GetValue(parameters.Options), option.Name);
        Assert.AreEqual(90, parameters.Count);
        float[] before0 = new float[Dimension], after0 = new float[Dimension];
        for (int i = 0; i < 90; i++)
        {
            model.Model.Index.CopyRow(i, before0);
            parameters.Index.CopyRow(i, after0);
            CollectionAssert.AreEqual(before0, after0);
        }

        CollectionAssert.AreEqual(new[] { "class 0", "class 1", "class 2" }, parameters.LabelValues!.Names.ToArray());
    }

    /// <summary>Plain objects may hold shorter vectors than their column's type says.</summary>
    [TestMethod]
    public void A_vector_of_the_wrong_length_is_named()
    {
        UIntRow[] rows = [new() { Label = 0, Features = [1, 0] }, new() { Label = 1, Features = [7] }];
        var trainer = _ml.MulticlassClassification.Trainers.KNearestNeighbors();
        Assert.AreEqual(
            "Row 1: the vector in column 'Features' has 1 values, expected 2.",
            MessageOf<InvalidOperationException>(() => trainer.Fit(_ml.Data.LoadFromEnumerable(rows))));
        rows[1].Features = [0, 1];
        var model = trainer.Fit(_ml.Data.LoadFromEnumerable(rows));
        rows[0].Features = null!;
        var view = model.Transform(_ml.Data.LoadFromEnumerable(rows));
        Assert.AreEqual(
            "Row 0: the vector in column 'Features' has 0 values, expected 2.",
            MessageOf<InvalidOperationException>(() => _ = view.GetColumn<uint>("PredictedLabel").Count()));
    }

    [TestMethod]
    public void A_prediction_does_not_depend_on_earlier_ones()
    {
        UIntRow[] rows = [new() { Label = 0, Features = [1e20f, 0] }, new() { Label = 1, Features = [3, 0] }];
        var model = _ml.MulticlassClassification.Trainers
            .KNearestNeighbors(numberOfNeighbors: 1, metric: DistanceMetric.Euclidean)
            .Fit(_ml.Data.LoadFromEnumerable(rows));
        using var engine = _ml.Model.CreatePredictionEngine<UIntRow, Output>(model);
        uint alone = engine.Predict(new UIntRow { Features = [3e38f, 0] }).PredictedLabel;
        engine.Predict(new UIntRow { Features = [3, 0] });
        Assert.AreEqual(alone, engine.Predict(new UIntRow { Features = [3e38f, 0] }).PredictedLabel);
    }

    /// <summary>Every class of the key's type costs a score in each row, whether it occurs in the data or not.</summary>
    [TestMethod]
    public void Many_classes_make_smaller_batches()
    {
        ManyRow[] rows = [new() { Label = 0, Features = [1, 0] }, new() { Label = 999_999, Features = [0, 1] }];
        var data = _ml.Data.LoadFromEnumerable(rows);
        var model = _ml.MulticlassClassification.Trainers.KNearestNeighbors(numberOfNeighbors: 1).Fit(data);
        Assert.AreEqual(1_000_000, model.Model.ClassCount);
        long before = GC.GetTotalAllocatedBytes();
        CollectionAssert.AreEqual(new uint[] { 1, 1_000_000 }, model.Transform(data).GetColumn<uint>("PredictedLabel").ToArray());
        Assert.IsLessThan(300L << 20, GC.GetTotalAllocatedBytes() - before);

        var huge = _ml.Data.LoadFromEnumerable(new[] { new HugeRow { Features = [1, 0] } });
        Assert.Contains(
            "must be a key of 2 to 16777216 classes",
            MessageOf<ArgumentOutOfRangeException>(() => _ml.MulticlassClassification.Trainers.KNearestNeighbors().Fit(huge)));
    }

    [TestMethod]
    public void Key_values_that_do_not_match_the_key_type_are_ignored()
    {
        // A key type of three values annotated with only two names, as a hand-made schema may have it.
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(
            "KeyValues",
            new VectorDataViewType(TextDataViewType.Instance, 2),
            (ref VBuffer<ReadOnlyMemory<char>> names) => names = new(2, ["a".AsMemory(), "b".AsMemory()]));
        var schema = new DataViewSchema.Builder();
        schema.AddColumn("Key", new KeyDataViewType(typeof(uint), 3), builder.ToAnnotations());
        Assert.IsNull(LabelValues.Of(schema.ToSchema()["Key"]));
    }

    private static string MessageOf<TException>(Action action)
        where TException : Exception
        => Assert.ThrowsExactly<TException>(action).Message;

    private KNearestNeighborsTrainer Trainer(
        int k,
        DistanceMetric metric = DistanceMetric.Cosine,
        NeighborWeighting weighting = NeighborWeighting.Softmax)
        => _ml.MulticlassClassification.Trainers.KNearestNeighbors("Key", "Features", k, metric, weighting);

    private static (Row[] Rows, float[][] Vectors, int[] Labels) Data(string name, int count)
    {
        float[][] vectors = TestVectors.Make(name, count, Dimension);
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % Classes)];
        for (int i = 0; i < count; i++) vectors[i][labels[i]] += 0.6f; // so that there is something to learn
        return ([.. vectors.Select((v, i) => new Row { Label = $"class {labels[i]}", Features = v })], vectors, labels);
    }

    private IDataView Keys(Row[] rows)
    {
        var data = _ml.Data.LoadFromEnumerable(rows);
        return _ml.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(data).Transform(data);
    }

    private Output[] Predict(ITransformer model, float[][] queries)
    {
        var data = _ml.Data.LoadFromEnumerable(queries.Select(q => new Row { Features = q }));
        return [.. _ml.Data.CreateEnumerable<Output>(model.Transform(data), reuseRowObject: false)];
    }

    private sealed class Row
    {
        public string Label { get; set; } = "";

        [VectorType(Dimension)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Output
    {
        [KeyType(Classes)]
        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }

    private sealed class NumberedRow
    {
        public float Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class ManyRow
    {
        [KeyType(1_000_000)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class HugeRow
    {
        [KeyType(1 << 25)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class UIntRow
    {
        [KeyType(2)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
