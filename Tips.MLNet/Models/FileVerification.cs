namespace Tips.MLNet;

/// <summary>How much of a model folder is checked when it is loaded.</summary>
public enum FileVerification
{
    /// <summary>Presence, size and SHA-256 of every file. Reads the whole folder once, about one gigabyte a second.</summary>
    Full,

    /// <summary>Presence and size of every file.</summary>
    SizeOnly,
}
