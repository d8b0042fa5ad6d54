namespace Tips.MLNet;

/// <summary>How a picture goes through a <see cref="ZeroShotSegmenter"/>.</summary>
public enum SegmentationMode
{
    /// <summary>
    /// Overlapping square windows; the probabilities of a pixel are averaged over the windows that it is in. The published scores are
    /// those of this mode.
    /// </summary>
    Slide,

    /// <summary>The whole picture at once, with its aspect ratio: faster, and a little less exact.</summary>
    Whole,
}
