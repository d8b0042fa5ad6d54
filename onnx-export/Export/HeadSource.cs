using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>What a head is made from.</summary>
/// <param name="Task">What it predicts, which not every file tells.</param>
/// <param name="Checkpoint">A released file with one head, or a dense model in the Hugging Face layout.</param>
internal sealed record HeadSource(HeadTask Task, string Checkpoint);
