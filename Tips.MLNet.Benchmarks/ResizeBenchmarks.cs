using BenchmarkDotNet.Attributes;
using SkiaSharp;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Images;

namespace Tips.MLNet.Benchmarks;

/// <summary>
/// Resizes a picture to 448×448: with Pillow's filter vectorized, with the same filter written plainly, and with Skia's (other results) for
/// scale.
/// </summary>
[SimpleJob(launchCount: 1, warmupCount: 3, iterationCount: 10)]
public class ResizeBenchmarks
{
    private const int Side = 448;

    private readonly byte[] _destination = new byte[Side * Side * 4];
    private byte[] _source = [];

    [Params("640x480", "4000x3000", "112x112")]
    public string Size { get; set; } = "";

    private int Width => int.Parse(Size.Split('x')[0], System.Globalization.CultureInfo.InvariantCulture);

    private int Height => int.Parse(Size.Split('x')[1], System.Globalization.CultureInfo.InvariantCulture);

    [GlobalSetup]
    public void Setup() => _source = FormulaValues.Picture("source", Height, Width * 4 / 3 + 1, 1)[..(Height * Width * 4)];

    [Benchmark(Baseline = true)]
    public void Vectorized() => PillowResize.Resize(_source, Width, Height, _destination, Side, Side);

    [Benchmark]
    public byte[] Plain() => ReferenceResize.Resize(_source, Width, Height, Side, Side);

    [Benchmark]
    public unsafe void Skia()
    {
        fixed (byte* pixels = _source)
        {
            using var bitmap = new SKBitmap();
            bitmap.InstallPixels(new SKImageInfo(Width, Height, SKColorType.Bgra8888, SKAlphaType.Opaque), (nint)pixels);
            using var resized = bitmap.Resize(new SKImageInfo(Side, Side), SKFilterQuality.Medium);
        }
    }
}
