namespace Tips.OnnxExport.Checkpoints;

/// <summary>A checkpoint cannot be read or is not the expected model. The message names the file and, if there is one, the key.</summary>
internal sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
