using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Samples.Predict;

/// <summary>Reads the share of foreground, and writes it as masks.</summary>
internal sealed class ForegroundPredictor : IPredictor
{
    /// <summary>A patch that is more likely foreground than not counts as foreground.</summary>
    private const float Threshold = 0.5f;

    private readonly TipsForegroundTransformer _transformer;
    private readonly MaskNames? _masks;

    public ForegroundPredictor(PredictRequest request, TipsForegroundTransformer transformer)
    {
        if (request.Reject is not null)
            throw new SampleException($"--reject is for probabilities of classes, but pipeline '{request.Pipeline}' finds foreground.");
        _transformer = transformer;
        _masks = request.Masks is { } folder ? new MaskNames(folder, request.Images) : null;
    }

    public IReadOnlyList<string> Columns => [_transformer.OutputColumnName];

    /// <summary>The step of a pipeline that finds foreground; null if it has none.</summary>
    public static TipsForegroundTransformer? Find(ITransformer pipeline) => pipeline switch
    {
        TipsForegroundTransformer foreground => foreground,
        IEnumerable<ITransformer> chain => chain.Select(Find).FirstOrDefault(found => found is not null),
        _ => null,
    };

    public Func<string, PicturePrediction?> Bind(DataViewRow cursor)
    {
        var get = cursor.GetGetter<VBuffer<float>>(cursor.Schema[_transformer.OutputColumnName]);
        VBuffer<float> map = default;
        return path =>
        {
            get(ref map);
            if (map.Length == 0) return null;
            float[] values = [.. map.DenseValues()];
            if (_masks is not null) WriteMask(path, values, _masks.FileFor(path));
            float share = values.Count(v => v > Threshold) / (float)values.Length;
            return new PicturePrediction(PredictionKind.Foreground, "", IsRejected: false, [("foreground", share)]);
        };
    }

    // In the size that the picture has, so that one can be laid over the other.
    private void WriteMask(string path, float[] map, string file)
    {
        var (height, width) = SizeOf(path);
        int rows = _transformer.Rows, columns = map.Length / rows;
        byte[] mask = new byte[height * width];
        for (int i = 0; i < mask.Length; i++)
        {
            var (y, x) = Math.DivRem(i, width);
            int row = (int)((long)y * rows / height), column = (int)((long)x * columns / width);
            mask[i] = map[row * columns + column] > Threshold ? byte.MaxValue : (byte)0;
        }

        Bitmaps.SaveGray(mask, height, width, file);
    }

    private (int Height, int Width) SizeOf(string path)
    {
        var options = _transformer.Options;
        var decoding = new ImageDecodingOptions { Upright = options.Upright, MaximumPixels = options.MaximumPixels };
        try
        {
            using var image = ImageSource.FromFile(path).WithDecoding(decoding).Decode();
            return (image.Height, image.Width);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // It was there when the pipeline read it. As the pipeline reports such pictures:
            throw new InvalidOperationException(e.Message, e);
        }
    }
}
