using System.Numerics.Tensors;

namespace Tips.MLNet;

/// <summary>
/// Classifies pictures by the names of their classes, without a single example: a picture belongs to the label whose text embedding has the
/// largest cosine with its own. Probabilities are the softmax of cosine / temperature.
/// </summary>
/// <remarks>
/// <para>The embedding of a label is that of its prompts: each is embedded and L2-normalized, they are averaged, and the mean is normalized
/// again (prompt ensembling; Radford et al., 2021).</para>
/// <para>It keeps the labels' embeddings only, so it may outlive the model. Immutable; every member may be called from several threads at
/// once.</para>
/// </remarks>
public sealed class ZeroShotClassifier
{
    private readonly float[] _embeddings;

    internal ZeroShotClassifier(IReadOnlyList<string> labels, float[] embeddings, float temperature)
    {
        (Labels, _embeddings, Temperature) = (labels, embeddings, temperature);
        EmbeddingDimension = embeddings.Length / labels.Count;
    }

    /// <summary>The labels, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>What a cosine is divided by before the softmax.</summary>
    public float Temperature { get; }

    /// <summary>Length D of the picture embeddings that it takes.</summary>
    public int EmbeddingDimension { get; }

    /// <summary>The labels' embeddings, labels × D values, each of unit length.</summary>
    public ReadOnlySpan<float> Embeddings => _embeddings;

    /// <summary>Makes a classifier from labels and templates.</summary>
    /// <param name="model">A model with a text encoder; it is needed only during this call.</param>
    /// <param name="labels">The labels, at least two and all different.</param>
    /// <param name="templates">Templates of the prompts, such as <c>["a photo of a {}."]</c>; the label alone if null.</param>
    /// <param name="temperature">A positive number; the checkpoint's own if null.</param>
    /// <param name="progress">Receives the number of prompts embedded so far.</param>
    /// <param name="cancellationToken">Stops the embedding of the prompts.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentException">
    /// Labels or templates are missing or empty, or the temperature is out of range or unknown.
    /// </exception>
    /// <exception cref="InvalidDataException">The tokenizer's file cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or it cannot be run.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static ZeroShotClassifier Create(
        TipsModel model,
        IReadOnlyList<string> labels,
        IReadOnlyList<PromptTemplate>? templates = null,
        float? temperature = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        templates ??= PromptTemplate.LabelOnly;
        if (templates.Count == 0) throw new ArgumentException("There is no template.", nameof(templates));
        if (templates.Any(template => template is null)) throw new ArgumentException("A template is null.", nameof(templates));
        if (labels.Any(label => label is null)) throw new ArgumentException("A label is null.", nameof(labels));
        return Create(model, [.. labels.Select(Prompts)], temperature, progress, cancellationToken);

        KeyValuePair<string, IReadOnlyList<string>> Prompts(string label)
            => KeyValuePair.Create(label, (IReadOnlyList<string>)[.. templates.Select(template => template.Fill(label))]);
    }

    /// <summary>Makes a classifier from labels and the prompts of each.</summary>
    /// <param name="model">A model with a text encoder; it is needed only during this call.</param>
    /// <param name="prompts">
    /// The prompts of every label, in the order of the scores; at least two labels, all different, each with at least one prompt.
    /// </param>
    /// <param name="temperature">A positive number; the checkpoint's own if null.</param>
    /// <param name="progress">Receives the number of prompts embedded so far.</param>
    /// <param name="cancellationToken">Stops the embedding of the prompts.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentException">
    /// Labels or prompts are missing or empty, or the temperature is out of range or unknown.
    /// </exception>
    /// <exception cref="InvalidDataException">The tokenizer's file cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or it cannot be run.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static ZeroShotClassifier Create(
        TipsModel model,
        IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> prompts,
        float? temperature = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        CheckPrompts(prompts);
        float divisor = temperature ?? model.Temperature
            ?? throw new ArgumentException($"Model '{model.Name}' does not know its temperature; give one.", nameof(temperature));
        if (!(divisor > 0) || !float.IsFinite(divisor))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature must be a positive number.");

        float[][] embedded = model.EmbedTexts(prompts.SelectMany(p => p.Value), normalize: true, progress, cancellationToken);
        int dimension = model.EmbeddingDimension, next = 0;
        float[] embeddings = new float[prompts.Count * dimension];
        for (int label = 0; label < prompts.Count; label++)
        {
            var mean = embeddings.AsSpan(label * dimension, dimension);
            int count = prompts[label].Value.Count;
            foreach (float[] embedding in embedded.AsSpan(next, count)) TensorPrimitives.Add(mean, embedding, mean);
            next += count;
            if (!mean.ContainsAnyExcept(0f))
                throw new ArgumentException(
                    $"The prompts of label '{prompts[label].Key}' have no words, so no picture can match it.", nameof(prompts));
            TensorPrimitives.Divide(mean, count, mean);
            TipsModel.Normalize(mean);
        }

        return new ZeroShotClassifier([.. prompts.Select(p => p.Key)], embeddings, divisor);
    }

    /// <summary>Scores one picture.</summary>
    /// <param name="imageEmbedding">Its embedding, D values, normalized or not.</param>
    /// <param name="probabilities">Receives the probability of each label; they sum to 1.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public void Score(ReadOnlySpan<float> imageEmbedding, Span<float> probabilities)
    {
        if (imageEmbedding.Length != EmbeddingDimension)
            throw new ArgumentException(
                $"The embedding has {imageEmbedding.Length} values, expected {EmbeddingDimension}.", nameof(imageEmbedding));
        if (probabilities.Length != Labels.Count)
            throw new ArgumentException(
                $"There is room for {probabilities.Length} scores, expected {Labels.Count}.", nameof(probabilities));
        float[] normalized = imageEmbedding.ToArray();
        TipsModel.Normalize(normalized);
        for (int label = 0; label < probabilities.Length; label++)
            probabilities[label] = TensorPrimitives.Dot(normalized, _embeddings.AsSpan(label * EmbeddingDimension, EmbeddingDimension));
        // Relative to the largest before the division, so that the largest exponent is 0 at any temperature.
        TensorPrimitives.Subtract(probabilities, TensorPrimitives.Max<float>(probabilities), probabilities);
        TensorPrimitives.Divide(probabilities, Temperature, probabilities);
        TensorPrimitives.SoftMax<float>(probabilities, probabilities);
    }

    /// <summary>Finds the most likely label of one picture.</summary>
    /// <param name="imageEmbedding">Its embedding, D values, normalized or not.</param>
    /// <returns>The label and its probability.</returns>
    /// <exception cref="ArgumentException">The embedding has the wrong length.</exception>
    public (string Label, float Probability) Classify(ReadOnlySpan<float> imageEmbedding)
    {
        float[] probabilities = new float[Labels.Count];
        Score(imageEmbedding, probabilities);
        int best = TensorPrimitives.IndexOfMax<float>(probabilities);
        return (Labels[best], probabilities[best]);
    }

    private static void CheckPrompts(IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> prompts)
    {
        if (prompts.Count < 2) throw new ArgumentException($"There are {prompts.Count} labels, expected at least 2.", nameof(prompts));
        foreach (var (label, sentences) in prompts)
        {
            if (label is null) throw new ArgumentException("A label is null.", nameof(prompts));
            if (sentences is null || sentences.Count == 0)
                throw new ArgumentException($"The label '{label}' has no prompt.", nameof(prompts));
            if (sentences.Any(s => s is null))
                throw new ArgumentException($"The label '{label}' has a prompt that is null.", nameof(prompts));
        }

        if (prompts.GroupBy(p => p.Key).FirstOrDefault(g => g.Count() > 1) is { } duplicate)
            throw new ArgumentException($"The label '{duplicate.Key}' is there twice.", nameof(prompts));
    }
}
