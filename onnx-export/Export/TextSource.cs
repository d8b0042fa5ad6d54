namespace Tips.OnnxExport.Export;

/// <summary>What a text encoder is made from.</summary>
/// <param name="Checkpoint">Its checkpoint.</param>
/// <param name="Tokenizer">Its tokenizer; null if there is none, so that the model takes token ids only.</param>
internal sealed record TextSource(string Checkpoint, string? Tokenizer);
