using Tips.MLNet.Dense;

namespace Tips.MLNet;

/// <summary>
/// Tells foreground from background by a logistic regression on patch embeddings, trained on a few pictures with masks, as TIPS's
/// foreground segmentation notebook does it. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Trained to the optimum of ½‖w‖² + C · Σ log loss. The notebook's solver stops before it, so its probabilities differ by up to 1e-3.
/// </remarks>
/// <example>
/// <code>
/// var examples = files.Select(f => ForegroundExample.Create(model, f, Path.ChangeExtension(f, ".mask.png"))).ToArray();
/// var classifier = ForegroundClassifier.Train(model, examples);
/// classifier.Save("foreground.json");
/// var map = classifier.Classify(model, "new.jpg");
/// </code>
/// </example>
public sealed class ForegroundClassifier
{
    /// <summary>The C that the notebook trains with.</summary>
    public const double DefaultC = 0.1;

    private readonly double[] _weights;

    internal ForegroundClassifier(ForegroundState state)
        => (_weights, Intercept, C, ImageHeight, Variant) = (state.Weights, state.Intercept, state.C, state.ImageHeight, state.Variant);

    /// <summary>The values of C that the notebook tries: 1e-7, 1e-6, … 1.</summary>
    public static IReadOnlyList<double> NotebookCs { get; } = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

    /// <summary>Length D of a patch embedding.</summary>
    public int Dimension => _weights.Length;

    /// <summary>The weights of the regression, D values.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>The intercept of the regression.</summary>
    public double Intercept { get; }

    /// <summary>How much the losses counted against the length of the weights.</summary>
    public double C { get; }

    /// <summary>What the height of pictures is resized to.</summary>
    public int ImageHeight { get; }

    /// <summary>The variant of the model that it was trained with, such as "B/14".</summary>
    public string Variant { get; }

    /// <summary>Trains a classifier.</summary>
    /// <param name="model">The model that embedded the examples.</param>
    /// <param name="examples">Pictures with masks.</param>
    /// <param name="c">How much the losses count against the length of the weights; a positive number.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentException">
    /// There are no examples, they do not fit the model or each other, or have no patches of foreground or none of background.
    /// </exception>
    /// <exception cref="InvalidOperationException">The optimum is not reached, because <paramref name="c"/> is extreme.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static ForegroundClassifier Train(
        TipsModel model,
        IReadOnlyList<ForegroundExample> examples,
        double c = DefaultC,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        Check(examples, model.EmbeddingDimension);
        CheckC(c);
        return Create(model, examples, c, ForegroundFit.Of(examples).Solve(c, null, cancellationToken));
    }

    /// <summary>
    /// Trains on all pictures but one and ranks the patches of that one, for each picture and each C, to see how well it generalizes.
    /// </summary>
    /// <param name="examples">At least two pictures with masks.</param>
    /// <param name="cs">The values of C; those of the notebook if null.</param>
    /// <param name="progress">Receives the number of trainings done so far.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <returns>
    /// Average precision, pictures × values of C: 1 if all patches of foreground come before the others. NaN if the other pictures have no
    /// foreground or no background.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// There are fewer than two examples, they do not fit each other, or have no patches of foreground or none of background.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static double[][] LeaveOneOut(
        IReadOnlyList<ForegroundExample> examples,
        IReadOnlyList<double>? cs = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Check(examples, dimension: null);
        if (examples.Count < 2) throw new ArgumentException("There is one example, expected at least two.", nameof(examples));
        cs ??= NotebookCs;
        foreach (double c in cs) CheckC(c);
        int done = 0;
        return [.. examples.Select((leftOut, index) =>
        {
            var others = examples.Where((_, i) => i != index).ToArray();
            if (!HasBoth(others)) return [.. cs.Select(_ => double.NaN)];
            var fit = ForegroundFit.Of(others);
            double[]? parameters = null;
            // From one optimum to the next: they lie close together. Small values of C take few steps.
            double[] results = new double[cs.Count];
            foreach (int i in Enumerable.Range(0, cs.Count).OrderBy(i => cs[i]))
            {
                parameters = fit.Solve(cs[i], parameters, cancellationToken);
                results[i] = ForegroundFit.AveragePrecisionOf(leftOut, parameters);
                progress?.Report(++done);
            }

            return results;
        })];
    }

    /// <summary>Finds the foreground of a picture.</summary>
    /// <param name="model">The model that the classifier was trained with.</param>
    /// <param name="image">The picture.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The probability of each patch.</returns>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    /// <exception cref="IOException">The file or the stream fails while it is read.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model is of another variant, or cannot be run; or the picture is too wide.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public ForegroundMap Classify(TipsModel model, ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(image);
        CheckFits(model);
        return Classify(ForegroundExample.Embed(model, image, ImageHeight, out _, cancellationToken));
    }

    /// <summary>Finds the foreground among patches.</summary>
    /// <param name="patches">Patches of the last layer, after the final norm and not normalized.</param>
    /// <returns>The probability of each patch.</returns>
    /// <exception cref="ArgumentException">The patches have another length.</exception>
    public ForegroundMap Classify(PatchFeatures patches)
    {
        ArgumentNullException.ThrowIfNull(patches);
        if (patches.Dimension != Dimension)
            throw new ArgumentException($"The patches have {patches.Dimension} values, expected {Dimension}.", nameof(patches));
        double[] probabilities = ForegroundFit.Probabilities(patches, [.. _weights, Intercept]);
        return new ForegroundMap(patches.Rows, patches.Columns, Array.ConvertAll(probabilities, p => (float)p));
    }

    /// <summary>Saves the classifier as a small JSON file. An older file is replaced only when the new one is complete.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ForegroundState.From(this).Write(path);
    }

    /// <summary>Loads a classifier.</summary>
    /// <param name="path">The file that <see cref="Save"/> wrote.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not a classifier, or is damaged.</exception>
    public static ForegroundClassifier Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new ForegroundClassifier(ForegroundState.Read(path));
    }

    /// <summary>Checks that a model is the one that the classifier was trained with, as far as one can tell.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    internal void CheckFits(TipsModel model)
    {
        if (model.Variant != Variant || model.EmbeddingDimension != Dimension)
        {
            throw new InvalidOperationException(
                $"The classifier was trained with a model of variant {Variant} and {Dimension} values, but model '{model.Name}' is of "
                + $"{model.Variant} and has {model.EmbeddingDimension}.");
        }

        if (ImageHeight % model.Images.PatchSize != 0)
        {
            throw new InvalidOperationException(
                $"The classifier is for pictures of height {ImageHeight}, which is no multiple of the patch size "
                + $"{model.Images.PatchSize}.");
        }
    }

    private static ForegroundClassifier Create(TipsModel model, IReadOnlyList<ForegroundExample> examples, double c, double[] parameters)
        => new(new ForegroundState
        {
            FormatVersion = ForegroundState.CurrentFormatVersion,
            Weights = parameters[..^1],
            Intercept = parameters[^1],
            C = c,
            ImageHeight = examples[0].Patches.Rows * model.Images.PatchSize,
            Variant = model.Variant,
        });

    private static void CheckC(double c)
    {
        if (!(c > 0) || !double.IsFinite(c)) throw new ArgumentOutOfRangeException(nameof(c), c, "C must be a positive number.");
    }

    private static bool HasBoth(IReadOnlyList<ForegroundExample> examples)
    {
        int positive = examples.Sum(e => e.PositiveCount);
        return positive > 0 && positive < examples.Sum(e => e.UsedCount);
    }

    private static void Check(IReadOnlyList<ForegroundExample> examples, int? dimension)
    {
        ArgumentNullException.ThrowIfNull(examples);
        if (examples.Count == 0 || examples.Any(e => e is null))
            throw new ArgumentException("There are no examples, or one is null.", nameof(examples));
        int expected = dimension ?? examples[0].Patches.Dimension, rows = examples[0].Patches.Rows;
        if (examples.FirstOrDefault(e => e.Patches.Dimension != expected || e.Patches.Rows != rows) is { } other)
        {
            throw new ArgumentException(
                $"An example has {other.Patches.Rows} rows of patches of {other.Patches.Dimension} values, expected {rows} rows of "
                + $"{expected}.",
                nameof(examples));
        }

        int used = examples.Sum(e => e.UsedCount), positive = examples.Sum(e => e.PositiveCount);
        if (!HasBoth(examples))
        {
            throw new ArgumentException(
                $"Of {used} patches that are clearly one or the other, {positive} are foreground, expected some of both. Do the masks "
                + "mark the foreground, by their alpha channel or in white?",
                nameof(examples));
        }
    }
}
