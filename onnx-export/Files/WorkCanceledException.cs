namespace Tips.OnnxExport.Files;

/// <summary>The user canceled the work. The message says what was kept.</summary>
internal class WorkCanceledException(string message, CancellationToken cancellationToken)
    : OperationCanceledException(message, cancellationToken);
