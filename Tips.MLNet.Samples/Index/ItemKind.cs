namespace Tips.MLNet.Samples.Index;

/// <summary>What an entry of an index is.</summary>
internal enum ItemKind
{
    Picture,
    Caption,
}
