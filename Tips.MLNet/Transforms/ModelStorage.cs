namespace Tips.MLNet;

/// <summary>How a saved pipeline keeps the model that it uses.</summary>
public enum ModelStorage
{
    /// <summary><see cref="Embedded"/> up to 256 MiB (S/14 in float32), <see cref="Reference"/> above.</summary>
    Automatic,

    /// <summary>The model's files go into the pipeline's zip, which then stands alone. Not possible for files over 2 GB.</summary>
    Embedded,

    /// <summary>
    /// The zip holds the path of the model folder and the SHA-256 of its manifest. The folder must be there at load, unchanged; another
    /// place is given with <see cref="TipsLoadOptions.ModelFolders"/>.
    /// </summary>
    Reference,
}
