using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Report;

namespace Tips.MLNet.Samples.Knn;

/// <summary>From pictures to a saved classifier, and from the reloaded file to a prediction.</summary>
internal static class KnnSample
{
    private const int NamesShown = 3;

    public static int Run(KnnRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        context.CheckOutput(request.PipelineFile);
        if (request.Classify is { } picture) context.Open(picture).Decode().Dispose(); // fails now, not at the end
        var pictures = request.Images is { } images
            ? PictureFiles.Split(
                PictureFiles.WithLabels(images, request.NamesFile, context.LeftOut), request.TestFraction, request.Seed)
            : BundledAssets.Pictures();
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        KnnReport.Introduce(output, model, pictures, request);

        var mlContext = new MLContext(seed: request.Seed);
        var embedder = EmbeddingProgress.CreateEmbedder(context, mlContext, model);
        var embeddedTraining = Embed(pictures.Training, "Embedding training pictures");
        var embeddedTest = Embed(pictures.Test, "Embedding test pictures");
        IDataView training = View(embeddedTraining), test = View(embeddedTest);

        // The label keys stay out of the saved pipeline: a new picture has no label.
        var keys = mlContext.Transforms.Conversion.MapValueToKey("LabelKey", nameof(Picture.Label)).Fit(training);
        var classifier = mlContext.MulticlassClassification.Trainers.KNearestNeighbors("LabelKey", "Embedding", request.Neighbors)
            .Append(mlContext.Transforms.Conversion.MapKeyToValue(PipelineFile.PredictedName, "PredictedLabel"))
            .Fit(keys.Transform(training));

        var predictions = classifier.Transform(keys.Transform(test));
        int topK = Math.Min(5, ClassCount(predictions));
        var metrics = mlContext.MulticlassClassification.Evaluate(predictions, "LabelKey", topKPredictionCount: topK);
        var results = mlContext.Data.CreateEnumerable<Prediction>(predictions, reuseRowObject: false).ToArray();
        var scores = ClassificationScores.Of(metrics, results);
        KnnReport.PrintScores(context, scores);

        long bytes = PipelineFile.Save(context, mlContext, request.PipelineFile, "class", embedder, classifier);
        new ClassificationReport(model.Name, embeddedTest, results)
        {
            Title = "Classes by nearest neighbors",
            Lead = $"Each test picture got the class that most of its {request.Neighbors} nearest training pictures have.",
            Options = [new("Training pictures", embeddedTraining.Count), new("Neighbors", request.Neighbors), new("Seed", request.Seed)],
            Top = (metrics.TopKPredictionCount, metrics.TopKAccuracy),
        }.Write(context, cancellationToken);
        string sample = request.Classify ?? pictures.Test.MinBy(p => p.Path, StringComparer.Ordinal)!.Path;
        var top = Classify(sample, request.PipelineFile);
        context.Findings.WriteLine($"Loaded it again and classified {Printable.Escape(Path.GetFileName(sample))}:");
        foreach (var (label, probability) in top)
            context.Findings.WriteLine($"  {Format.Percent(probability),7}  {Printable.Escape(label)}");
        CSharpProgram.Classes.Print(output, request.PipelineFile);
        context.Finish(new KnnResult
        {
            Model = model.Name,
            EmbeddingDimension = model.EmbeddingDimension,
            TrainingPictures = pictures.Training.Count,
            Classes = ClassCount(predictions),
            Neighbors = request.Neighbors,
            Scores = scores,
            Pipeline = request.PipelineFile,
            PipelineBytes = bytes,
            Classified = sample,
            Top = top,
        });
        return SampleCommands.Success;

        IReadOnlyList<EmbeddedPicture> Embed(IReadOnlyList<Picture> rows, string task)
            => EmbeddingProgress.EmbedClasses(context, mlContext, embedder, rows, task, cancellationToken);

        IDataView View(IReadOnlyList<EmbeddedPicture> rows) => EmbeddingProgress.ToDataView(mlContext, rows, model.EmbeddingDimension);
    }

    private static int ClassCount(IDataView predictions) => ((VectorDataViewType)predictions.Schema["Score"].Type).Size;

    // Uses a new context, as another program would.
    private static LabelProbability[] Classify(string file, string pipelineFile)
    {
        var mlContext = new MLContext();
        using var engine = mlContext.Model.CreatePredictionEngine<Picture, Prediction>(mlContext.Model.Load(pipelineFile, out _));
        var prediction = engine.Predict(new Picture { Path = file });
        VBuffer<ReadOnlyMemory<char>> names = default;
        engine.OutputSchema["Score"].GetSlotNames(ref names);
        string[] classes = [.. names.DenseValues().Select(n => n.ToString())];
        var best = prediction.Score.Index().OrderByDescending(s => s.Item).Take(NamesShown);
        return [.. best.Select(b => new LabelProbability(classes[b.Index], b.Item))];
    }
}
