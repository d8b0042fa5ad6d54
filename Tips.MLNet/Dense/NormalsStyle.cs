namespace Tips.MLNet;

/// <summary>How the directions of a head become those of a picture's pixels.</summary>
public enum NormalsStyle
{
    /// <summary>Of unit length, enlarged by bicubic interpolation, of unit length again: TIPS's notebook.</summary>
    Notebook,

    /// <summary>
    /// Of unit length, then enlarged bilinearly and left so, which makes them shorter where they turn: Hugging Face's transformers.
    /// </summary>
    HuggingFace,
}
