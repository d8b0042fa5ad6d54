namespace Tips.OnnxExport.Files;

/// <summary>Work was ended by the user; the message says what it leaves.</summary>
internal class WorkCancelledException(string message, CancellationToken cancellationToken) : OperationCanceledException(message, cancellationToken);
