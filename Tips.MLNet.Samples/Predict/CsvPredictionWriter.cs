using System.Globalization;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Predict;

/// <summary>Writes predictions as a table. Its columns are those of the first one.</summary>
internal sealed class CsvPredictionWriter(TextWriter writer) : IPredictionWriter
{
    private bool _hasHeader;

    public void Write(string path, PicturePrediction prediction)
    {
        if (!_hasHeader) WriteLine(["path", .. Header(prediction)]);
        _hasHeader = true;
        WriteLine([path, .. Values(prediction)]);
    }

    private void WriteLine(IEnumerable<string> fields) => writer.WriteLine(string.Join(',', fields.Select(CsvText.Field)));

    private static IEnumerable<string> Header(PicturePrediction prediction)
    {
        if (prediction.Kind == PredictionKind.Foreground) return [prediction.ValueTitle];
        var best = Enumerable.Range(1, prediction.Best.Count)
            .SelectMany(i => (string[])[$"{prediction.NameTitle}{i}", $"{prediction.ValueTitle}{i}"]);
        string[] rejected = prediction.Kind == PredictionKind.Probabilities ? ["rejected"] : [];
        return [prediction.LabelTitle, .. rejected, .. best];
    }

    private static IEnumerable<string> Values(PicturePrediction prediction)
    {
        if (prediction.Kind == PredictionKind.Foreground) return [Number(prediction.Best[0].Value)];
        string[] rejected = prediction.Kind == PredictionKind.Probabilities ? [prediction.IsRejected ? "true" : "false"] : [];
        return [prediction.Label, .. rejected, .. prediction.Best.SelectMany(b => (string[])[b.Name, Number(b.Value)])];
    }

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);
}
