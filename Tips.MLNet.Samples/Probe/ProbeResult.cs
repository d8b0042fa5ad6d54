using Tips.MLNet.Samples.Knn;

namespace Tips.MLNet.Samples.Probe;

/// <summary>What <c>probe</c> found, for --json.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="TrainingPictures">Pictures of the last training.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Sweep">Every strength of regularization that was tried.</param>
/// <param name="L2">The one that was chosen.</param>
/// <param name="Scores">How well it does on test pictures.</param>
/// <param name="Pipeline">File of the saved pipeline.</param>
/// <param name="PipelineBytes">Its size.</param>
internal sealed record ProbeResult(
    string Model,
    int TrainingPictures,
    int Classes,
    IReadOnlyList<SweepStep> Sweep,
    float L2,
    ClassificationScores Scores,
    string Pipeline,
    long PipelineBytes);

/// <summary>A strength of regularization, and how well it does on pictures that are held out.</summary>
internal sealed record SweepStep(float L2, double HeldOutAccuracy, double LogLoss);
