using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Predict;

/// <summary>What <c>predict</c> wrote into a file, for --json.</summary>
/// <param name="Pipeline">File of the pipeline.</param>
/// <param name="Count">How many predictions were written.</param>
/// <param name="Format">The form of the file.</param>
/// <param name="Output">The file.</param>
/// <param name="Masks">Folder of masks; null for none.</param>
internal sealed record PredictResult(string Pipeline, int Count, ListFormat Format, string Output, string? Masks);
