namespace Tips.OnnxExport.Graphs;

/// <summary>What is known about the input values of a linear layer, so that 8 bits are spent only on values that occur.</summary>
internal enum InputRange
{
    /// <summary>Values of either sign.</summary>
    Signed,

    /// <summary>The result of GELU: never below −0.1701.</summary>
    AfterGelu,

    /// <summary>The result of ReLU: never negative.</summary>
    AfterRelu,
}
