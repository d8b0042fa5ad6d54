using Tips.MLNet.Encoders;
using System.Numerics.Tensors;
using Tips.MLNet.Text;

namespace Tips.MLNet;

/// <summary>
/// Classifies pictures by what their classes are called, without a single example: a picture belongs to the label whose text embedding is nearest
/// to its own by cosine. Probabilities are the softmax of cosine / temperature.
/// </summary>
/// <remarks>
/// <para>A label's embedding is that of its prompts: each is embedded and L2-normalised, they are averaged, and the mean is normalised again
/// (prompt ensembling; Radford et al., 2021).</para>
/// <para>It keeps the labels' embeddings only, so it may outlive the model. Immutable; every member may be called from several threads at once.</para>
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

    /// <summary>Length D of the picture embeddings it takes.</summary>
    public int EmbeddingDimension { get; }

    /// <summary>The labels' embeddings, labels × D values, each of unit length.</summary>
    public ReadOnlySpan<float> Embeddings => _embeddings;

    /// <summary>Makes a classifier of labels and templates.</summary>
    /// <param name="model">A model with a text encoder; used now only.</param>
    /// <param name="labels">The labels, at least two and no two alike.</param>
    /// <param name="templates">Templates of the prompts; the label alone if null.</param>
    /// <param name="temperature">A positive number; the checkpoint's own if null.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentException">Labels or templates are missing or without words, or the temperature is out of range or not known.</exception>
    /// <exception cref="InvalidDataException">The tokenizer's file cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder.</exception>
    public static ZeroShotClassifier Create(TipsModel model, IReadOnlyList<string> labels, IReadOnlyList<PromptTemplate>? templates = null, float? temperature = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        templates ??= PromptTemplate.LabelOnly;
        if (templates.Count == 0) throw new ArgumentException("There is no template.", nameof(templates));
        return CreateFromPrompts(model, [.. labels.Select(label => KeyValuePair.Create(label, (IReadOnlyList<string>)[.. templates.Select(t => t.Fill(label))]))], temperature);
    }

    /// <summary>Makes a classifier of labels and the prompts of each.</summary>
    /// <param name="model">A model with a text encoder; used now only.</param>
    /// <param name="prompts">Every label's prompts, in the order of the scores; at least two labels, no two alike, each with a prompt.</param>
    /// <param name="temperature">A positive number; the checkpoint's own if null.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentException">Labels or prompts are missing or without words, or the temperature is out of range or not known.</exception>
    /// <exception cref="InvalidDataException">The tokenizer's file cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder.</exception>
    public static ZeroShotClassifier CreateFromPrompts(TipsModel model, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> prompts, float? temperature = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        if (prompts.Count < 2) throw new ArgumentException($"There are {prompts.Count} labels, expected at least 2.", nameof(prompts));
        foreach (var (label, sentences) in prompts)
        {
            if (label is null) throw new ArgumentException("A label is null.", nameof(prompts));
            if (sentences is null || sentences.Count == 0) throw new ArgumentException($"The label '{label}' has no prompt.", nameof(prompts));
            if (sentences.Any(s => s is null)) throw new ArgumentException($"The label '{label}' has a prompt that is null.", nameof(prompts));
        }

        if (prompts.GroupBy(p => p.Key).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new ArgumentException($"The label '{twice.Key}' is there twice.", nameof(prompts));
        float divisor = temperature ?? model.Temperature ?? throw new ArgumentException($"Model '{model.Manifest.Name}' does not know its temperature; give one.", nameof(temperature));
        if (!(divisor > 0) || !float.IsFinite(divisor)) throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature must be a positive number.");

        float[] each = TextEncoder.Embed(model, [.. prompts.SelectMany(p => p.Value)]);
        int dimension = model.EmbeddingDimension, at = 0;
        float[] embeddings = new float[prompts.Count * dimension];
        for (int label = 0; label < prompts.Count; label++)
        {
            var mean = embeddings.AsSpan(label * dimension, dimension);
            for (int i = 0; i < prompts[label].Value.Count; i++, at += dimension)
            {
                var embedding = each.AsSpan(at, dimension);
                TipsModel.Normalize(embedding);
                TensorPrimitives.Add(mean, embedding, mean);
            }

            if (!mean.ContainsAnyExcept(0f)) throw new ArgumentException($"The prompts of label '{prompts[label].Key}' have no words, so nothing is like them.", nameof(prompts));
            TensorPrimitives.Divide(mean, prompts[label].Value.Count, mean);
            TipsModel.Normalize(mean);
        }

        return new ZeroShotClassifier([.. prompts.Select(p => p.Key)], embeddings, divisor);
    }

    /// <summary>Scores one picture.</summary>
    /// <param name="imageEmbedding">Its embedding, D values, normalised or not.</param>
    /// <param name="probabilities">Receives the probability of each label; they sum to 1.</param>
    /// <exception cref="ArgumentException">A span has another length than needed.</exception>
    public void Score(ReadOnlySpan<float> imageEmbedding, Span<float> probabilities)
    {
        if (imageEmbedding.Length != EmbeddingDimension) throw new ArgumentException($"The embedding has {imageEmbedding.Length} values, expected {EmbeddingDimension}.", nameof(imageEmbedding));
        if (probabilities.Length != Labels.Count) throw new ArgumentException($"There is room for {probabilities.Length} scores, expected {Labels.Count}.", nameof(probabilities));
        float[] normalized = imageEmbedding.ToArray();
        TipsModel.Normalize(normalized);
        for (int label = 0; label < probabilities.Length; label++)
            probabilities[label] = TensorPrimitives.Dot(normalized, _embeddings.AsSpan(label * EmbeddingDimension, EmbeddingDimension));
        // Relative to the largest before the division, so that the largest exponent is 0 at any temperature.
        TensorPrimitives.Subtract(probabilities, TensorPrimitives.Max<float>(probabilities), probabilities);
        TensorPrimitives.Divide(probabilities, Temperature, probabilities);
        TensorPrimitives.SoftMax<float>(probabilities, probabilities);
    }

    /// <summary>The likeliest label of one picture.</summary>
    /// <param name="imageEmbedding">Its embedding, D values, normalised or not.</param>
    /// <returns>The label and its probability.</returns>
    /// <exception cref="ArgumentException">The embedding has another length than needed.</exception>
    public (string Label, float Probability) Classify(ReadOnlySpan<float> imageEmbedding)
    {
        float[] probabilities = new float[Labels.Count];
        Score(imageEmbedding, probabilities);
        int best = TensorPrimitives.IndexOfMax<float>(probabilities);
        return (Labels[best], probabilities[best]);
    }
}
