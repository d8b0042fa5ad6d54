using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Samples;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>
/// <c>predict</c> with pipelines of other programs. Most of them classify pictures by their names: no model is needed to see what is
/// written.
/// </summary>
[TestClass]
public sealed class PredictTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Zip => _folder["p.zip"];

    private string In => _folder["in"];

    [TestMethod]
    public async Task What_is_less_probable_is_rejected()
    {
        SavePathClassifier();
        Pictures("cat 1.png", "dog 1.png", "zebra.png");
        string[][] all = Lines(await Succeeds("predict", "-p", Zip, "--images", In));
        float least = all[1..].Min(Probability), most = all[1..].Max(Probability);
        Assert.IsLessThan(most, least);
        string between = ((least + most) / 2).ToString("F6", CultureInfo.InvariantCulture);
        string[][] some = Lines(await Succeeds("predict", "-p", Zip, "--images", In, "--reject", between));
        string[][] named = Lines(await Succeeds("predict", "-p", Zip, "--images", In, "--reject", between, "--reject-as", "unsure"));
        for (int i = 1; i < all.Length; i++)
        {
            bool isRejected = Probability(all[i]) < (least + most) / 2;
            Assert.AreEqual((isRejected ? "" : all[i][1], isRejected ? "true" : "false"), (some[i][1], some[i][2]));
            Assert.AreEqual(isRejected ? "unsure" : all[i][1], named[i][1]);
            CollectionAssert.AreEqual(all[i][3..], some[i][3..], "the classes are there all the same");
        }

        Assert.IsTrue(some[1..].Any(row => row[2] == "true") && some[1..].Any(row => row[2] == "false"));
        foreach (string line in (await Succeeds("predict", "-p", Zip, "--images", In, "--reject", between, "--format", "jsonl"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            bool isRejected = json.RootElement.GetProperty("rejected").GetBoolean();
            Assert.AreEqual(isRejected ? JsonValueKind.Null : JsonValueKind.String, json.RootElement.GetProperty("label").ValueKind);
        }

        static float Probability(string[] row) => float.Parse(row[4], CultureInfo.InvariantCulture);
    }

    /// <summary>The library's own reader of tables, and a reader of JSON, get the names back.</summary>
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Any_file_name_comes_through()
    {
        SavePathClassifier();
        string[] names = ["cat, one.png", "cat \"two\".png", "dog\nthree.png", " dog four .png", "=cat+5.png", "cät 六.png", "dog'.png"];
        Pictures(names);
        string[] expected = [.. names.Select(name => Path.Combine(In, name)).Order(StringComparer.Ordinal)];
        await Succeeds("predict", "-p", Zip, "--images", In, "--output", _folder["out.csv"]);
        var table = ImageFolder.ReadTable(_folder["out.csv"]);
        CollectionAssert.AreEqual(expected, table.Images.Select(i => i.Path).Order(StringComparer.Ordinal).ToArray());
        Assert.IsTrue(table.Images.All(i => i.Label == (i.Path.Contains("dog", StringComparison.Ordinal) ? "a \"dog\", big" : "cat")));
        await Succeeds("predict", "-p", Zip, "--images", In, "--format", "jsonl", "-o", _folder["out.jsonl"]);
        string[] paths = [.. File.ReadLines(_folder["out.jsonl"]).Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            CollectionAssert.AreEqual(
                new[] { "path", "label", "rejected", "top" }, json.RootElement.EnumerateObject().Select(p => p.Name).ToArray());
            var best = json.RootElement.GetProperty("top")[0];
            Assert.AreEqual(json.RootElement.GetProperty("label").GetString(), best.GetProperty("class").GetString());
            Assert.IsTrue(best.GetProperty("probability").GetSingle() > 0.5);
            return json.RootElement.GetProperty("path").GetString()!;
        })];
        CollectionAssert.AreEqual(expected, paths.Order(StringComparer.Ordinal).ToArray());
        Assert.HasCount(4, Directory.GetFileSystemEntries(_folder.Path), "in, p.zip and the two results");
    }

    /// <summary>As tutorials write them: the label is part of the pipeline, and the predicted one becomes a text in its place.</summary>
    [TestMethod]
    public async Task A_pipeline_with_labels_in_it_needs_none()
    {
        Pictures("a.png", "b.png", "c.png");
        using var model = TestModels.LoadTiny();
        var rows = _ml.Data.LoadFromEnumerable(Directory.GetFiles(In).Order(StringComparer.Ordinal)
            .Select((path, i) => new Row { ImagePath = path, Label = i % 2 == 0 ? "even" : "odd" }));
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.Transforms.LoadImages("Image", "", "ImagePath"))
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", model))
            .Append(_ml.MulticlassClassification.Trainers.KNearestNeighbors("Label", "Embedding", 1))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(rows);
        _ml.Model.Save(pipeline, rows.Schema, Zip);
        string[] expected = [.. pipeline.Transform(rows).GetColumn<string>("PredictedLabel")];
        string[][] lines = Lines(await Succeeds("predict", "-p", Zip, "--images", In, "--top", "9"));
        CollectionAssert.AreEqual(new[] { "even", "odd", "even" }, expected);
        CollectionAssert.AreEqual(expected, lines[1..].Select(line => line[1]).ToArray());
        Assert.HasCount(7, lines[0], "there are two classes only");

        // ML.NET decodes these pictures.
        File.WriteAllText(_folder["in/bad.png"], "no picture");
        File.WriteAllText(_folder["table.csv"], "path\nin/a.png\nin/none.png\n");
        foreach (var (images, count) in ((string, int)[])[(In, 3), (_folder["table.csv"], 1)])
        {
            var (code, output, error) = await Run("predict", "-p", Zip, "--images", images);
            Assert.AreEqual(3, code, error);
            Assert.HasCount(1 + count, Lines(output));
            Assert.Contains("1 picture(s) left out", error);
            (code, output, _) = await Run("predict", "-p", Zip, "--images", images, "--strict", "-o", _folder["strict.csv"]);
            Assert.AreEqual(1, code);
            Assert.IsFalse(File.Exists(_folder["strict.csv"]), "nothing half-written");
        }
    }

    [TestMethod]
    public async Task Binary_and_other_scores_are_what_they_are()
    {
        Pictures("cat 1.png", "dog 1.png");
        var rows = TrainingRows();
        var features = _ml.Transforms.Text.FeaturizeText("Features", "Path");
        var binary = features.Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression("IsDog")).Fit(rows);
        _ml.Model.Save(binary, rows.Schema, Zip);
        string[][] lines = Lines(await Succeeds("predict", "-p", Zip, "--images", In));
        CollectionAssert.AreEqual(new[] { "False", "True" }, lines[1..].Select(line => line[1]).ToArray());
        Assert.AreEqual("probability2", lines[0][^1]);

        var keys = _ml.Transforms.Conversion.MapValueToKey("Key", "Number").Append(features);
        var margins = keys.Append(_ml.MulticlassClassification.Trainers.SdcaNonCalibrated("Key")).Fit(rows);
        _ml.Model.Save(margins, rows.Schema, Zip);
        lines = Lines(await Succeeds("predict", "-p", Zip, "--images", In));
        CollectionAssert.AreEqual(new[] { "path", "label", "class1", "score1", "class2", "score2" }, lines[0]);
        CollectionAssert.AreEqual(new[] { "7", "-8" }, lines[1..].Select(line => line[1]).ToArray(), "labels that are numbers");
        Assert.Contains("are none: they range from", await Fails("predict", "-p", Zip, "--images", In, "--reject", "0.1"));

        var regression = features.Append(_ml.Regression.Trainers.LbfgsPoissonRegression("Price")).Fit(rows);
        _ml.Model.Save(regression, rows.Schema, Zip);
        Assert.Contains("'Score' of pipeline", await Fails("predict", "-p", Zip, "--images", In));
    }

    [TestMethod]
    public async Task A_pipeline_that_cannot_be_used_is_explained()
    {
        Pictures("a.png");
        string picture = _folder["in/a.png"];
        var rows = TrainingRows();
        Assert.Contains($"There is no pipeline '{Zip}'.", await Fails("predict", "-p", Zip));
        Assert.Contains("is a folder, expected the file of a pipeline", await Fails("predict", "-p", In));
        Assert.Contains("is no pipeline: it is not a zip file, or is damaged", await Fails("predict", "-p", picture));
        using (var zip = ZipFile.Open(_folder["other.zip"], ZipArchiveMode.Create)) zip.CreateEntryFromFile(picture, "a.png");
        Assert.Contains("it is a zip file without a model of ML.NET", await Fails("predict", "-p", _folder["other.zip"]));

        Save(_ml.Transforms.Text.FeaturizeText("Features", "Path"));
        Assert.Contains("gives no column 'Score', so it predicts no classes. Its columns are 'Path'", await Fails("predict", "-p", Zip));
        var trainer = _ml.Transforms.Conversion.MapValueToKey("Key", "Label")
            .Append(_ml.Transforms.Text.FeaturizeText("Text", "Path"))
            .Append(_ml.Transforms.Concatenate("Features", "Text", "Price"))
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Key"));
        Save(trainer);
        Assert.Contains("needs column 'Price' of type Single, which predict cannot provide", await Fails("predict", "-p", Zip));
        Save(_ml.Transforms.Conversion.MapValueToKey("Key", "Label")
            .Append(_ml.Transforms.Concatenate("Features", "Price"))
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Key")));
        Assert.Contains("needs column 'Price' of type Single", await Fails("predict", "-p", Zip));
        byte[] bytes = File.ReadAllBytes(Zip);
        File.WriteAllBytes(_folder["cut.zip"], bytes[..(bytes.Length / 2)]);
        Assert.Contains("is no pipeline: it is not a zip file, or is damaged", await Fails("predict", "-p", _folder["cut.zip"]));

        SavePathClassifier();
        Assert.Contains("--masks is for pipelines of foreground", await Fails("predict", "-p", Zip, "--masks", In));
        Assert.Contains("--upright is for training", await Fails("predict", "-p", Zip, "--upright"));
        Assert.Contains($"There is no file or folder '{_folder["none"]}'", await Fails("predict", "-p", Zip, "--images", _folder["none"]));
        string lost = _folder["none/out.csv"];
        Assert.Contains($"There is no folder '{_folder["none"]}' for '{lost}'.", await Fails("predict", "-p", Zip, "-o", lost));

        void Save(IEstimator<ITransformer> estimator) => _ml.Model.Save(estimator.Fit(rows), rows.Schema, Zip);
    }

    [TestMethod]
    public async Task A_model_that_moved_is_found_where_the_option_says()
    {
        Pictures("a.png", "b.png");
        TestModels.Copy(TestModels.TinyFolder, _folder["model"]);
        using (var model = TipsModel.Load(_folder["model"]))
        {
            var classifier = ZeroShotClassifier.Create(model, ["cat", "dog"]);
            var rows = _ml.Data.LoadFromEnumerable<Row>([]);
            var options = new TipsImageEmbeddingOptions { Storage = ModelStorage.Reference };
            var pipeline = _ml.Transforms.TipsImageEmbedding("Embedding", "ImagePath", model, options)
                .Append(_ml.Transforms.TipsZeroShotClassification("Embedding", classifier)).Fit(rows);
            _ml.Model.Save(pipeline, rows.Schema, Zip);
        }

        string before = await Succeeds("predict", "-p", Zip, "--images", In);
        Directory.Move(_folder["model"], _folder["moved"]);
        string error = await Fails("predict", "-p", Zip, "--images", In);
        Assert.Contains($"Pipeline '{Zip}' cannot be loaded: The pipeline refers to model 'tips-tiny14'", error);
        Assert.Contains("--model-folders DIR names a new place", error);
        string[] moved = ["--model-folders", _folder["nowhere"], "--model-folders", _folder["moved"]];
        Assert.AreEqual(before, await Succeeds(["predict", "-p", Zip, "--images", In, .. moved]));
        foreach (string counts in (string[])["embedded 2, 0 from the store", "embedded 0, 2 from the store"])
        {
            (int code, string output, error) = await Run(["predict", "-p", Zip, "--images", In, "--store", _folder["store"], .. moved]);
            Assert.AreEqual((0, before), (code, output));
            Assert.Contains(counts, error);
        }
    }

    [TestMethod]
    public async Task A_run_that_is_canceled_leaves_no_file()
    {
        SavePathClassifier();
        Pictures("cat.png");
        using StringWriter output = new(), error = new();
        string[] arguments = ["predict", "-p", Zip, "--images", In, "-o", _folder["out.csv"]];
        Assert.AreEqual(130, await SampleCommands.RunAsync(arguments, output, error, cancellationToken: new(canceled: true)));
        CollectionAssert.AreEquivalent(new[] { In, Zip }, Directory.GetFileSystemEntries(_folder.Path));
    }

    [TestMethod]
    [DataRow("--reject is '1.5', expected a number from 0 to 1.", "--reject", "1.5")]
    [DataRow("--top is '0', expected a whole number of at least 1.", "--top", "0")]
    [DataRow("--reject-as needs --reject.", "--reject-as", "x")]
    [DataRow("--model-folders is empty", "--model-folders", "")]
    [DataRow("xml", "--format", "xml")]
    public async Task Wrong_options_are_named(string message, params string[] options)
    {
        var (code, _, error) = await Run(["predict", "-p", Zip, .. options]);
        Assert.AreEqual(2, code, error);
        Assert.Contains(message, error);
    }

    private void Pictures(params string[] names)
    {
        string[] drawings = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen")).Order(StringComparer.Ordinal)];
        Directory.CreateDirectory(In);
        for (int i = 0; i < names.Length; i++) File.Copy(drawings[i * 40], Path.Combine(In, names[i]));
    }

    private void SavePathClassifier()
    {
        var rows = TrainingRows();
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Key", "Label")
            .Append(_ml.Transforms.Text.FeaturizeText("Features", "Path"))
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Key"))
            .Fit(rows);
        _ml.Model.Save(pipeline, rows.Schema, Zip);
    }

    private IDataView TrainingRows() => _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new NamedRow
    {
        Path = $"{(i % 2 == 0 ? "cat" : "dog")} {i}.png",
        Label = i % 2 == 0 ? "cat" : "a \"dog\", big",
        IsDog = i % 2 == 1,
        Number = i % 2 == 0 ? 7 : -8,
        Price = i % 2,
    }));

    // Of a table whose labels are not quoted.
    private static string[][] Lines(string csv)
        => [.. csv.Replace("\"a \"\"dog\"\", big\"", "dog", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(','))];

    private static async Task<string> Succeeds(params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual(0, code, error);
        return output;
    }

    private static async Task<string> Fails(params string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.AreEqual(1, code, error);
        return error;
    }

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class NamedRow
    {
        public string Path { get; set; } = "";

        public string Label { get; set; } = "";

        public bool IsDog { get; set; }

        public int Number { get; set; }

        public float Price { get; set; }
    }
}
