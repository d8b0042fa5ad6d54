namespace Tips.MLNet;

/// <summary>A picture file, and what is known about it. Immutable and thread-safe.</summary>
/// <param name="Path">Its path: the folder as it was given, joined with the path in it.</param>
/// <param name="Label">Its class; empty if it has none.</param>
/// <param name="Text">What it shows, in words; empty if nobody said.</param>
public sealed record ImageFile(string Path, string Label = "", string Text = "");
