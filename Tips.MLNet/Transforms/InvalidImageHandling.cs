namespace Tips.MLNet;

/// <summary>What a transform does with a picture that is null or cannot be read.</summary>
/// <remarks>
/// Files of a column of paths or bytes that are not complete cannot be read. Of an image column, whatever made it decides that: ML.NET's
/// <c>LoadImages</c> treats a file that is cut off after its header as a picture whose missing part is blank, and nothing in the image
/// reveals that.
/// </remarks>
public enum InvalidImageHandling
{
    /// <summary>Throw an exception that names the row.</summary>
    Throw,

    /// <summary>Return a vector of NaN, which ML.NET treats as a missing value (see <c>FilterRowsByMissingValues</c>).</summary>
    MissingValue,
}
