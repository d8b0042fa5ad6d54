namespace Tips.OnnxExport.Export;

/// <summary>What an <see cref="OutputFolder"/> does with a model that is there.</summary>
internal enum OutputMode
{
    /// <summary>Refuses: the folder must be empty.</summary>
    Create,

    /// <summary>Replaces the whole model.</summary>
    Replace,

    /// <summary>Changes some files of the model and keeps the others.</summary>
    Change,
}
