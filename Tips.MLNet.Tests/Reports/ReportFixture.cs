using Microsoft.ML.Data;
using SkiaSharp;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Knn;
using Tips.MLNet.Samples.Report;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Reports;

/// <summary>Pictures in clouds of made-up embeddings, classified with mistakes, and reports of them.</summary>
internal sealed class ReportFixture : IDisposable
{
    private const int Dimension = 16;

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(1);
    private readonly string[] _classes;

    public ReportFixture(IReadOnlyList<string> classes, int picturesPerClass, Func<int, string>? fileName = null, int side = 24)
    {
        _classes = [.. classes];
        Pictures = [.. Enumerable.Range(0, classes.Count * picturesPerClass).Select(i => Picture(i, fileName, side))];
        Predictions = [.. Pictures.Select(Predict)];
    }

    public IReadOnlyList<EmbeddedPicture> Pictures { get; }

    public IReadOnlyList<Prediction> Predictions { get; }

    public SampleContext Context { get; } = new(TextWriter.Null, TextWriter.Null, TextWriter.Null, () => Stream.Null);

    public string Folder => _folder.Path;

    public string this[string name] => _folder[name];

    public void Dispose() => _folder.Dispose();

    public ReportPage Classification() => new ClassificationReport("test model", Pictures, Predictions)
    {
        Title = "Test of reports",
        Lead = "Pictures are colors.",
        Options = [new("Neighbors", 20)],
        Top = (2, 0.9),
    }.ToPage();

    public ReportPage Clusters()
    {
        var clusters = Pictures.GroupBy(p => p.Label).Select((group, i) => new PictureCluster((uint)i + 1, [.. group]));
        return new ClusterReport("test model", [.. clusters]).ToPage();
    }

    /// <summary>The HTML, as of a day that does not change.</summary>
    public string Render(ReportPage page)
        => ReportWriter.Render(Context, page, new DateTimeOffset(2026, 1, 2, 3, 4, 0, TimeSpan.Zero), CancellationToken.None);

    // The color says the class, and noise makes files as large as photographs are.
    private EmbeddedPicture Picture(int index, Func<int, string>? fileName, int side)
    {
        int classIndex = index % _classes.Length;
        string path = _folder[fileName?.Invoke(index) ?? $"{index}.png"];
        var color = SKColor.FromHsv(360f * classIndex / _classes.Length, 60, 80);
        byte[] pixels = new byte[side * side * 4];
        _random.NextBytes(pixels);
        for (int i = 0; i < pixels.Length; i += 4)
        {
            int noise = pixels[i] % 51 - 25;
            (pixels[i], pixels[i + 1], pixels[i + 2], pixels[i + 3])
                = (Add(color.Blue, noise), Add(color.Green, noise), Add(color.Red, noise), byte.MaxValue);
        }

        using (var image = MLImage.CreateFromPixels(side, side, MLPixelFormat.Bgra32, pixels)) image.Save(path);
        float[] embedding = [.. Enumerable.Range(0, Dimension).Select(i => (i == classIndex % Dimension ? 1 : 0) + Noise())];
        return new EmbeddedPicture { Path = path, Label = _classes[classIndex], Embedding = embedding };

        float Noise() => 0.3f * (float)(_random.NextDouble() - 0.5);

        static byte Add(byte value, int noise) => (byte)Math.Clamp(value + noise, 0, 255);
    }

    // Every fifth is taken for the next class.
    private Prediction Predict(EmbeddedPicture picture, int index)
    {
        int truth = Array.IndexOf(_classes, picture.Label), predicted = index % 5 == 4 ? (truth + 1) % _classes.Length : truth;
        float[] score = new float[_classes.Length];
        score[predicted] = 0.5f + index % 7 * 0.05f;
        return new Prediction { Path = picture.Path, Label = picture.Label, PredictedName = _classes[predicted], Score = score };
    }
}
