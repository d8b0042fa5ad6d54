using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Predict;

/// <summary>Streams predictions: a line is written as soon as its batch is done.</summary>
internal static class PredictSample
{
    public static int Run(PredictRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        if (request.Output is { } file) context.CheckOutput(file);
        if (context.Upright)
            throw new SampleException("--upright is for training: a saved pipeline turns pictures as those it was made of were.");
        var pictures = PictureFiles.OrBundled(request.Images, context.LeftOut);
        context.CheckInput(request.Pipeline);
        context.CheckInput(request.Images);
        foreach (var picture in pictures) context.CheckInput(picture.Path);
        var options = new TipsLoadOptions { ModelFolders = request.ModelFolders, Store = context.Store.Open() };
        using var pipeline = SavedPipeline.Load(request.Pipeline, options);
        var schema = pipeline.OutputSchema();
        IPredictor predictor = ForegroundPredictor.Find(pipeline.Transformer) is { } foreground
            ? new ForegroundPredictor(request, foreground)
            : new ScorePredictor(request, schema);
        var rows = pipeline.Transform(pictures, predictor.Columns);

        if (request.Output is null)
        {
            Write(context.Results);
            return SampleCommands.Success;
        }

        OutputFile.Write(request.Output, partial =>
        {
            using var writer = new StreamWriter(partial);
            Write(writer);
        });
        int count = context.LeftOut.ReadCount;
        context.Report.WriteLine($"{Format.Count(count)} prediction(s) are in '{Printable.Escape(request.Output)}'.");
        context.Finish(new PredictResult(request.Pipeline, count, request.Format, request.Output, request.Masks));
        return SampleCommands.Success;

        void Write(TextWriter writer)
        {
            IPredictionWriter lines = request.Format == ListFormat.Csv
                ? new CsvPredictionWriter(writer)
                : new JsonPredictionWriter(writer);
            // On a terminal, the lines themselves show the progress.
            bool isShown = request.Output is null && ReferenceEquals(context.Results, Console.Out);
            using var progress = isShown ? null : context.StartProgress("Predicting", pictures.Count);
            Read(lines, () => progress?.Tick());
            progress?.Complete();
            // An older file is not replaced by one without any prediction.
            if (context.LeftOut.ReadCount == 0) throw new SampleException(LeftOut.NothingRead);
        }

        void Read(IPredictionWriter lines, Action tick)
        {
            string[] columns = [.. predictor.Columns, PathRows.PictureColumn];
            using var cursor = rows.GetRowCursor(columns.Select(name => rows.Schema[name]));
            var getPicture = cursor.GetGetter<Picture>(rows.Schema[PathRows.PictureColumn]);
            var read = predictor.Bind(cursor);
            var picture = new Picture();
            while (cursor.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                getPicture(ref picture);
                if (TryPredict(read, picture.Path) is { } prediction)
                {
                    context.LeftOut.ReadCount++;
                    lines.Write(picture.Path, prediction);
                }

                tick();
            }
        }

        PicturePrediction? TryPredict(Func<string, PicturePrediction?> read, string path)
        {
            try
            {
                if (read(path) is { } prediction) return prediction;
                context.LeftOut.Add($"Pipeline '{request.Pipeline}' gives no prediction for '{path}'.");
            }
            catch (Exception e) when (e is not OperationCanceledException && FaultOf(e, path) is { } reason)
            {
                context.LeftOut.Add(reason);
            }

            return null;
        }
    }

    // What is wrong with a picture. Where steps of other libraries decode it, their messages do not tell.
    private static string? FaultOf(Exception e, string path)
    {
        if (e is InvalidOperationException row && LeftOut.ReasonOf(row) is { } reason) return reason;
        try
        {
            ImageSource.FromFile(path).Decode().Dispose();
            return null;
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }
    }
}
