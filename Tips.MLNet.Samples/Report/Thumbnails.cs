using SkiaSharp;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Report;

/// <summary>Small pictures as data URIs, as many as fit into a report.</summary>
internal static class Thumbnails
{
    /// <summary>Characters of all data URIs; the rest of a report of 2,000 points is below 1 MB.</summary>
    private const int MostCharacters = 3_500_000;

    private const int Quality = 70;

    /// <summary>Decodes each picture once, on several cores.</summary>
    /// <param name="context">Opens pictures.</param>
    /// <param name="requests">What is wanted, the most important first.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Those that can be read and that fit.</returns>
    public static IReadOnlyDictionary<ThumbnailRequest, string> Make(
        SampleContext context, IEnumerable<ThumbnailRequest> requests, CancellationToken cancellationToken)
    {
        ThumbnailRequest[] all = [.. requests.Distinct()];
        var files = all.GroupBy(request => request.Path, StringComparer.Ordinal).ToArray();
        string?[][] made = new string?[files.Length][];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        Parallel.For(0, files.Length, options, i => made[i] = Make(context, files[i]));

        var byRequest = files.SelectMany((file, i) => file.Zip(made[i])).ToDictionary(pair => pair.First, pair => pair.Second);
        var result = new Dictionary<ThumbnailRequest, string>();
        int characters = 0;
        foreach (var request in all)
        {
            if (byRequest[request] is not { } uri || characters + uri.Length > MostCharacters) continue;
            characters += uri.Length;
            result.Add(request, uri);
        }

        return result;
    }

    private static string?[] Make(SampleContext context, IGrouping<string, ThumbnailRequest> file)
    {
        try
        {
            using var image = context.Open(file.Key).Decode();
            using var picture = Bitmaps.From(image);
            return [.. file.Select(request => Encode(picture, request.Side))];
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new string?[file.Count()]; // it was there when it was embedded; the report can do without
        }
    }

    private static string Encode(SKBitmap picture, int side)
    {
        int longest = Math.Max(picture.Width, picture.Height), width = picture.Width, height = picture.Height;
        if (longest > side)
        {
            width = Math.Max(1, (int)Math.Round((double)picture.Width * side / longest));
            height = Math.Max(1, (int)Math.Round((double)picture.Height * side / longest));
        }

        using var small = Bitmaps.Resize(picture, height, width, smooth: true);
        using var data = small.Encode(SKEncodedImageFormat.Webp, Quality);
        return $"data:image/webp;base64,{Convert.ToBase64String(data.AsSpan())}";
    }
}
