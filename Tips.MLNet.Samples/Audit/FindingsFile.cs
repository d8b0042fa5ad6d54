using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary>All findings as a file for other programs.</summary>
internal static class FindingsFile
{
    // Keeps names readable; the lines are not HTML.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(string file, ListFormat format, IReadOnlyList<Finding> findings)
    {
        var lines = format == ListFormat.Csv
            ? findings.Select(ToCsv).Prepend("kind,path,label,suggested,other,other_label,score,group")
            : findings.Select(finding => JsonSerializer.Serialize(finding, Options));
        OutputFile.Write(file, path => File.WriteAllLines(path, lines, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));
    }

    private static string ToCsv(Finding finding) => string.Join(
        ',',
        ((string?[])
        [
            JsonSerializer.Serialize(finding.Kind).Trim('"'),
            finding.Path,
            finding.Label,
            finding.Suggested,
            finding.Other,
            finding.OtherLabel,
            finding.Score.ToString("R", CultureInfo.InvariantCulture),
            finding.Group?.ToString(CultureInfo.InvariantCulture),
        ]).Select(field => CsvText.Field(field ?? "")));
}
