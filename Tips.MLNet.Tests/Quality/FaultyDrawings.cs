using Tips.MLNet.Samples.Audit;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Quality;

/// <summary>
/// 286 drawings with faults put in by a seed: 14 wrong labels, five copies, and five copies made smaller and saved as JPEG of low quality.
/// </summary>
internal sealed class FaultyDrawings
{
    private const int WrongLabels = 14, Copies = 5, Reencoded = 5;

    private FaultyDrawings(AuditData data, HashSet<string> wrong, Dictionary<string, string> copies)
        => (Data, Wrong, SourceOfCopy) = (data, wrong, copies);

    public AuditData Data { get; }

    /// <summary>Pictures with a wrong label, copies of them among them.</summary>
    public IReadOnlySet<string> Wrong { get; }

    /// <summary>What each copy is a copy of.</summary>
    public IReadOnlyDictionary<string, string> SourceOfCopy { get; }

    /// <param name="model">The model.</param>
    /// <param name="drawings">The drawings, with their right labels.</param>
    /// <param name="seed">Which faults.</param>
    /// <param name="folder">Where the copies go.</param>
    public static FaultyDrawings Make(TipsModel model, IReadOnlyList<EmbeddedPicture> drawings, int seed, string folder)
    {
        var random = new Random(seed);
        string[] classes = [.. drawings.Select(d => d.Label).Distinct().Order(StringComparer.Ordinal)];
        EmbeddedPicture[] faulty = [.. drawings.Select(d => With(d, d.Path, d.Label, d.Embedding))];
        int[] order = [.. Enumerable.Range(0, faulty.Length)];
        random.Shuffle(order);
        var wrong = new HashSet<string>(StringComparer.Ordinal);
        foreach (int row in order.Take(WrongLabels))
        {
            string right = faulty[row].Label;
            while (faulty[row].Label == right) faulty[row].Label = classes[random.Next(classes.Length)];
            wrong.Add(faulty[row].Path);
        }

        random.Shuffle(order);
        var copies = new List<EmbeddedPicture>();
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < Copies + Reencoded; i++)
        {
            var source = faulty[order[i]];
            string copy = Path.Combine(folder, $"{seed}-{i}{(i < Copies ? ".png" : ".jpg")}");
            if (i < Copies) File.Copy(source.Path, copy);
            else DegradedPicture.Write(source.Path, copy, 0.5 + 0.5 * random.NextDouble(), 10 + random.Next(40));
            copies.Add(With(source, copy, source.Label, i < Copies ? source.Embedding : model.EmbedImage(copy)));
            sources.Add(copy, source.Path);
            if (wrong.Contains(source.Path)) wrong.Add(copy);
        }

        var data = new AuditData([.. faulty, .. copies], [], hasLabels: true, model.EmbeddingDimension);
        return new FaultyDrawings(data, wrong, sources);
    }

    private static EmbeddedPicture With(EmbeddedPicture picture, string path, string label, float[] embedding)
        => new() { Path = path, Label = label, Embedding = embedding };
}
