using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary>The pictures to audit, with their labels if they have some.</summary>
/// <param name="Pictures">The pictures.</param>
/// <param name="Test">Test pictures; empty for none.</param>
internal sealed record AuditPictures(IReadOnlyList<Picture> Pictures, IReadOnlyList<Picture> Test)
{
    /// <summary>Whether every picture has a label.</summary>
    public bool HasLabels => Pictures.All(picture => picture.Label.Length > 0);

    public static AuditPictures Find(AuditRequest request, LeftOut leftOut)
    {
        if (request.Images is null)
        {
            // Each is the only one of its thing, so their labels cannot be checked.
            return new AuditPictures([.. BundledAssets.UnseenPictures().Select(p => new Picture { Path = p.Path })], []);
        }

        var pictures = request.Unlabeled ? Unlabeled(request.Images, leftOut) : PictureFiles.WithLabelsIfAny(request.Images, leftOut);
        int labeled = pictures.Count(picture => picture.Label.Length > 0);
        if (labeled > 0 && labeled < pictures.Count)
        {
            throw new SampleException(
                $"'{request.Images}' has a label for {labeled} of {pictures.Count} pictures, expected one for each, or --unlabeled.");
        }

        return new AuditPictures(pictures, request.Test is null ? [] : Unlabeled(request.Test, leftOut));
    }

    // What the labels of test pictures are does not matter.
    private static IReadOnlyList<Picture> Unlabeled(string input, LeftOut leftOut)
        => [.. PictureFiles.Find(input, leftOut).Select(path => new Picture { Path = path })];
}
