using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Knn;

/// <summary>From pictures to a saved classifier, and from the reloaded file to a prediction.</summary>
internal static class KnnSample
{
    private const int NamesShown = 3;

    public static int Run(KnnRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        OutputFile.CheckWritable(request.PipelineFile);
        if (request.Classify is { } picture) context.Open(picture).Decode().Dispose(); // fails now, not at the end
        var console = PlainConsole.Create(output);
        var pictures = request.Images is { } images
            ? PictureFiles.Split(
                PictureFiles.WithLabels(images, request.NamesFile, context.LeftOut), request.TestFraction, request.Seed)
            : BundledAssets.Pictures();
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        KnnReport.Introduce(output, model, pictures, request);

        var mlContext = new MLContext(seed: request.Seed);
        var embedder = EmbeddingProgress.CreateEmbedder(context, mlContext, model);
        IDataView training = null!, test = null!;
        EmbeddingProgress.Bars(console).Start(progress =>
        {
            training = Embed(pictures.Training, "Embedding training pictures", progress);
            test = Embed(pictures.Test, "Embedding test pictures", progress);
        });

        // The label keys stay out of the saved pipeline: a new picture has no label.
        var keys = mlContext.Transforms.Conversion.MapValueToKey("LabelKey", nameof(Picture.Label)).Fit(training);
        var classifier = mlContext.MulticlassClassification.Trainers.KNearestNeighbors("LabelKey", "Embedding", request.Neighbors)
            .Append(mlContext.Transforms.Conversion.MapKeyToValue(PipelineFile.PredictedName, "PredictedLabel"))
            .Fit(keys.Transform(training));

        var predictions = classifier.Transform(keys.Transform(test));
        int topK = Math.Min(5, ClassCount(predictions));
        var metrics = mlContext.MulticlassClassification.Evaluate(predictions, "LabelKey", topKPredictionCount: topK);
        var results = mlContext.Data.CreateEnumerable<Prediction>(predictions, reuseRowObject: false).ToArray();
        KnnReport.PrintScores(output, console, metrics, results);

        PipelineFile.Save(context, mlContext, request.PipelineFile, "class", embedder, classifier);
        string sample = request.Classify ?? pictures.Test.MinBy(p => p.Path, StringComparer.Ordinal)!.Path;
        Classify(sample, request.PipelineFile, output);
        CSharpProgram.Classes.Print(output, request.PipelineFile);
        return SampleCommands.Success;

        IDataView Embed(IReadOnlyList<Picture> rows, string task, ProgressContext progress)
        {
            var embedded = EmbeddingProgress.Embed(context, mlContext, embedder, rows, task, progress, cancellationToken);
            return EmbeddingProgress.ToDataView(mlContext, embedded, model.EmbeddingDimension);
        }
    }

    private static int ClassCount(IDataView predictions) => ((VectorDataViewType)predictions.Schema["Score"].Type).Size;

    // Uses a new context, as another program would.
    private static void Classify(string file, string pipelineFile, TextWriter output)
    {
        var mlContext = new MLContext();
        using var engine = mlContext.Model.CreatePredictionEngine<Picture, Prediction>(mlContext.Model.Load(pipelineFile, out _));
        var prediction = engine.Predict(new Picture { Path = file });
        VBuffer<ReadOnlyMemory<char>> names = default;
        engine.OutputSchema["Score"].GetSlotNames(ref names);
        string[] classes = [.. names.DenseValues().Select(n => n.ToString())];
        var best = prediction.Score.Index().OrderByDescending(s => s.Item).Take(NamesShown);
        output.WriteLine($"Loaded it again and classified {Printable.Escape(Path.GetFileName(file))}:");
        foreach (var (index, probability) in best)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {probability,6:P1}  {Printable.Escape(classes[index])}"));
    }
}
