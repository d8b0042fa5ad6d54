namespace Tips.OnnxExport.Files;

/// <summary>Told how long work gets on.</summary>
/// <param name="Step">What is being done.</param>
/// <param name="Done">Bytes or pieces done.</param>
/// <param name="Total">Bytes or pieces in all; null if nobody knows.</param>
/// <param name="Start">What was done before this run.</param>
internal sealed record WorkProgress(string Step, long Done, long? Total, long Start = 0);
