namespace Tips.MLNet.Models;

/// <summary>An input or output that a graph must have; a dimension of −1 may have any size.</summary>
internal sealed record ExpectedTensor(string Name, Type ElementType, long[] Shape);
