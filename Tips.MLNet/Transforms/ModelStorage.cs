namespace Tips.MLNet;

/// <summary>
/// How a saved pipeline keeps the model that it uses. It holds each model once, however many of its transforms use it, and only the
/// encoders that they use.
/// </summary>
public enum ModelStorage
{
    /// <summary>
    /// <see cref="Embedded"/> if each encoder of the model has at most 256 MiB (S/14 in float32), otherwise <see cref="Reference"/>.
    /// </summary>
    Automatic,

    /// <summary>
    /// The files of the encoders that it uses go into the pipeline's zip, which then stands alone. Not possible for an encoder over 2 GB.
    /// </summary>
    Embedded,

    /// <summary>
    /// The zip holds the path of the model folder and the SHA-256 of its manifest. The folder must be there, unchanged, when the pipeline
    /// is loaded; <see cref="TipsLoadOptions"/> can name another place.
    /// </summary>
    Reference,
}
