using Tips.MLNet.Search;

namespace Tips.MLNet.Trainers;

/// <summary>What <see cref="KNearestNeighborsTrainer"/> learned: the training rows themselves. Immutable and thread-safe.</summary>
public sealed class KNearestNeighborsModelParameters
{
    /// <summary>Maximum number of classes: every row gets a score for each.</summary>
    internal const int MaximumClassCount = 1 << 24;

    internal KNearestNeighborsModelParameters(
        NeighborIndex index, int[] labels, int classCount, LabelValues? labelValues, KNearestNeighborsOptions options)
        => (Index, Labels, ClassCount, LabelValues, Options) = (index, labels, classCount, labelValues, options);

    /// <summary>How neighbors are found and counted.</summary>
    public KNearestNeighborsOptions Options { get; }

    /// <summary>Number of training rows kept.</summary>
    public int Count => Index.Count;

    /// <summary>Length of a feature vector.</summary>
    public int FeatureDimension => Index.Dimension;

    /// <summary>Number of classes: the size of the label's key type.</summary>
    public int ClassCount { get; }

    internal NeighborIndex Index { get; }

    /// <summary>Class of each row, from 0.</summary>
    internal int[] Labels { get; }

    internal LabelValues? LabelValues { get; }
}
