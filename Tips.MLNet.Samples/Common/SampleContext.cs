namespace Tips.MLNet.Samples.Common;

/// <summary>What every sample gets: where it writes, how it reads pictures, and what becomes of those that cannot be read.</summary>
/// <param name="report">Receives reports of samples whose result is a file.</param>
/// <param name="results">Receives results.</param>
/// <param name="error">Receives errors and progress.</param>
/// <param name="input">Opens standard input.</param>
internal sealed class SampleContext(TextWriter report, TextWriter results, TextWriter error, Func<Stream> input)
{
    public TextWriter Report => report;

    public TextWriter Results => results;

    public TextWriter Error => error;

    /// <summary>The pictures that the sample goes on without.</summary>
    public LeftOut LeftOut { get; } = new();

    /// <summary>Where embeddings are kept between runs.</summary>
    public RunStore Store { get; } = new(error);

    /// <summary>Whether pictures are turned the way EXIF says.</summary>
    public bool Upright { get; set; }

    /// <summary>A picture file as the sample decodes it.</summary>
    public ImageSource Open(string path)
        => ImageSource.FromFile(path).WithDecoding(new ImageDecodingOptions { Upright = Upright });

    public Stream OpenInput() => input();
}
