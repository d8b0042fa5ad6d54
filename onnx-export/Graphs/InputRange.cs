namespace Tips.OnnxExport.Graphs;

/// <summary>What is known of the values that a linear layer gets, so that 8 bits are spent on values that occur.</summary>
internal enum InputRange
{
    /// <summary>Values of either sign.</summary>
    Signed,

    /// <summary>The result of GELU: never below −0.1701.</summary>
    AfterGelu,

    /// <summary>The result of ReLU: never negative.</summary>
    AfterRelu,
}
