namespace Tips.OnnxExport.Files;

/// <summary>Reports how far work has come.</summary>
/// <param name="Step">What is being done.</param>
/// <param name="Done">Bytes or items done so far.</param>
/// <param name="Total">Bytes or items in total, or null if unknown.</param>
/// <param name="Start">Bytes or items that were done before this run.</param>
internal sealed record WorkProgress(string Step, long Done, long? Total, long Start = 0);
