namespace Tips.OnnxExport.Checkpoints;

/// <summary>A checkpoint cannot be read or is not the model it should be. The message names the file and the key.</summary>
internal sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
