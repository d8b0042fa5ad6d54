namespace Tips.MLNet.Pipelines.Interop;

/// <summary>A component that a saved pipeline can hold.</summary>
internal interface ILoadableComponent<TSelf>
    where TSelf : class, ILoadableComponent<TSelf>
{
    /// <summary>How a saved pipeline names it.</summary>
    static abstract ComponentSignature Signature { get; }

    /// <summary>Reads and checks what was saved.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    static abstract TSelf Load(ComponentReader reader);
}
