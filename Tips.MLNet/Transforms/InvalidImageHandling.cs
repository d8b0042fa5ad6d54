namespace Tips.MLNet;

/// <summary>What a transform does with a picture that is null or cannot be read.</summary>
/// <remarks>
/// Whether a file can be read is decided by what made the image column. ML.NET's <c>LoadImages</c> takes a file that is cut off after its
/// header for a picture whose missing part is blank, and nothing in the image shows it.
/// </remarks>
public enum InvalidImageHandling
{
    /// <summary>Throw an exception that names the row.</summary>
    Throw,

    /// <summary>Give a vector of NaN, which ML.NET takes as a missing value (see <c>FilterRowsByMissingValues</c>).</summary>
    MissingValue,
}
