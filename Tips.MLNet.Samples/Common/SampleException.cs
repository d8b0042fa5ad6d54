namespace Tips.MLNet.Samples.Common;

/// <summary>The sample cannot continue. The message says why and what would help.</summary>
internal sealed class SampleException(string message) : Exception(message);
