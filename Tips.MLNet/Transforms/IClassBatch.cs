namespace Tips.MLNet.Transforms;

/// <summary>A batch whose results are classes.</summary>
internal interface IClassBatch
{
    /// <summary>Copies the class of every pixel.</summary>
    void CopyClasses(int slot, Span<byte> destination);
}
