using Tips.CommandLine;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Knn;

namespace Tips.MLNet.Samples.Report;

/// <summary>The report of a classifier on test pictures: how good it is, for which classes, where it goes wrong, and the map.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Pictures">The test pictures.</param>
/// <param name="Predictions">The prediction for each, in the same order.</param>
internal sealed record ClassificationReport(
    string Model,
    IReadOnlyList<EmbeddedPicture> Pictures,
    IReadOnlyList<Prediction> Predictions)
{
    private const int MostClassesOfMatrix = 40, MostPairs = 30, MostMistakes = 24;

    public required string Title { get; init; }

    /// <summary>What was done.</summary>
    public required string Lead { get; init; }

    /// <summary>The share of pictures whose class is among the most probable ones; null for what nobody computed.</summary>
    public (int Count, double Accuracy)? Top { get; init; }

    /// <summary>The options of the command, and what else stands under the heading beside model and counts.</summary>
    public IReadOnlyList<ReportFact> Options { get; init; } = [];

    /// <summary>Writes it and says so, if the option --report asks for it.</summary>
    public void Write(SampleContext context, CancellationToken cancellationToken)
        => ReportWriter.WriteIfWanted(context, ToPage, cancellationToken);

    public ReportPage ToPage()
    {
        if (Pictures.Count != Predictions.Count)
            throw new ArgumentException($"There are {Predictions.Count} predictions of {Pictures.Count} pictures.");
        var matrix = ConfusionMatrix.Create([.. Predictions.Select(p => p.Label)], [.. Predictions.Select(p => p.PredictedName)]);
        return new ReportPage(Title)
        {
            Lead = Lead,
            Facts =
            [
                new("Model", Model),
                new("Test pictures", Pictures.Count),
                new("Classes", Pictures.Select(p => p.Label).Distinct(StringComparer.Ordinal).Count()),
                .. Options,
            ],
            Sections =
            [
                Summary(matrix),
                Mistakes(),
                new ReportSection("Map", Map()),
                new ReportSection("Classes", Classes(matrix)),
                new ReportSection("Confusion", Confusion(matrix)),
            ],
        };
    }

    private ReportSection Summary(ConfusionMatrix matrix)
    {
        var interval = Bootstrap.AccuracyInterval([.. Predictions.Select(p => p.PredictedName == p.Label)]);
        int classes = Enumerable.Range(0, matrix.Labels.Count).Count(c => matrix.ActualCount(c) > 0);
        var metrics = new List<ReportMetric>
        {
            new(
                "Accuracy",
                Format.UnbrokenPercent(matrix.Accuracy),
                $"{matrix.Correct} of {matrix.Total} pictures",
                $"95\u00a0% interval {Format.UnbrokenPercent(interval.Lower)} to {Format.UnbrokenPercent(interval.Upper)}"),
            new("Mean accuracy of classes", Format.UnbrokenPercent(matrix.MeanRecall), $"each of {classes} classes counts the same"),
        };
        if (Top is (int k and > 1, double accuracy))
            metrics.Add(new($"Top-{k} accuracy", Format.UnbrokenPercent(accuracy), $"the class is among the {k} most probable ones"));
        return new ReportSection(
            "Result",
            new ReportMetrics(metrics),
            new ReportProse(
                "The interval is what chance in the choice of test pictures explains: the percentile bootstrap over 1,000 resamples of the "
                + "pictures (seed 1). It says nothing about pictures of another kind."));
    }

    private static ReportTable Classes(ConfusionMatrix matrix)
    {
        var mistakes = matrix.MostConfused().ToLookup(pair => pair.Actual);
        var rows = from c in Enumerable.Range(0, matrix.Labels.Count)
                   where matrix.ActualCount(c) > 0
                   orderby matrix.Recall(c), matrix.ActualCount(c) descending, c
                   select (IReadOnlyList<ReportCell>)
                   [
                       matrix.Labels[c],
                       matrix.ActualCount(c),
                       matrix[c, c],
                       new ReportCell(Format.UnbrokenPercent(matrix.Recall(c)), matrix.Recall(c)),
                       mistakes[c].Select(pair => $"{matrix.Labels[pair.Predicted]} ({pair.Count})").FirstOrDefault(""),
                   ];
        return new ReportTable(
            "Accuracy by class, the lowest first",
            [
                new("Class"), new("Pictures", IsNumber: true), new("Correct", IsNumber: true), new("Accuracy", IsNumber: true),
                new("Most often taken for"),
            ],
            [.. rows]);
    }

    private static IReadOnlyList<IReportPart> Confusion(ConfusionMatrix matrix)
    {
        if (matrix.Labels.Count <= MostClassesOfMatrix)
        {
            const string caption = "How many pictures of each true class (row) got each class (column). Empty cells are 0; the darker a "
                + "cell, the larger its share of the row. The diagonal is right.";
            return [new ReportMatrix(caption, matrix)];
        }

        if (matrix.Correct == matrix.Total) return [new ReportProse("No class is taken for another.")];
        var all = matrix.MostConfused();
        var rows = all.Take(MostPairs).Select(pair => (IReadOnlyList<ReportCell>)
        [
            matrix.Labels[pair.Actual],
            matrix.Labels[pair.Predicted],
            pair.Count,
            Format.UnbrokenPercent((double)pair.Count / matrix.ActualCount(pair.Actual)),
        ]);
        string which = all.Count > MostPairs ? $"The {MostPairs} largest of {all.Count} kinds of mistakes" : "All kinds of mistakes";
        return
        [
            new ReportProse($"The matrix of {matrix.Labels.Count} classes has no room here; these are its cells off the diagonal."),
            new ReportTable(
                which,
                [new("True class"), new("Taken for"), new("Times", IsNumber: true), new("Share of the class", IsNumber: true)],
                [.. rows]),
        ];
    }

    private ReportSection Mistakes()
    {
        Prediction[] mistakes = [.. Predictions.Where(p => p.PredictedName != p.Label)
            .OrderByDescending(p => p.Confidence).ThenBy(p => p.Path, StringComparer.Ordinal)];
        if (mistakes.Length == 0) return new ReportSection("Worst mistakes", new ReportProse("There are none."));
        string which = mistakes.Length > MostMistakes
            ? $"The {MostMistakes} of {mistakes.Length} mistakes whose wrong class has the highest probability."
            : $"All {mistakes.Length} mistakes, the highest probability of a wrong class first.";
        var pictures = mistakes.Take(MostMistakes).Select(mistake => new ReportPicture(mistake.Path, $"taken for {mistake.PredictedName}")
        {
            Lines = [$"is {mistake.Label}", $"probability {Format.UnbrokenPercent(mistake.Confidence)}"],
            Alternative = mistake.Label,
        });
        return new ReportSection("Worst mistakes", new ReportProse(which), new ReportGrid([.. pictures]));
    }

    private ReportMap Map()
    {
        var points = Pictures.Zip(Predictions).OrderBy(pair => pair.First.Label, StringComparer.Ordinal)
            .Select(pair => new MapPoint(pair.First.Path, pair.First.Label, pair.First.Embedding)
            {
                IsMarked = pair.Second.PredictedName != pair.Second.Label,
                Note = $"predicted: {pair.Second.PredictedName} ({Format.UnbrokenPercent(pair.Second.Confidence)})",
            });
        return new ReportMap("Map of the test pictures", [.. points]) { MarkName = "mistake" };
    }
}
