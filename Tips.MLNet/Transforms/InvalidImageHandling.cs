namespace Tips.MLNet.Transforms;

/// <summary>What a transform does with a picture that is null or cannot be read.</summary>
public enum InvalidImageHandling
{
    /// <summary>Throw an exception that names the row.</summary>
    Throw,

    /// <summary>Give a vector of NaN, which ML.NET takes as a missing value (see <c>FilterRowsByMissingValues</c>).</summary>
    MissingValue,
}
