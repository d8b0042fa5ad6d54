using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary>One embedding for a text in several prompts.</summary>
internal static class PromptEnsemble
{
    /// <summary>Embeds every prompt, normalized, averages them, and normalizes the mean.</summary>
    public static float[] Embed(
        TipsModel model, string text, IReadOnlyList<PromptTemplate> templates, CancellationToken cancellationToken)
    {
        float[] sum = new float[model.EmbeddingDimension];
        foreach (float[] embedding in model.EmbedTexts(templates.Select(t => t.Fill(text)), cancellationToken: cancellationToken))
        {
            for (int i = 0; i < sum.Length; i++) sum[i] += embedding[i] / templates.Count;
        }

        if (Array.TrueForAll(sum, v => v == 0)) throw new SampleException($"The text '{text}' has no words.");
        TipsModel.Normalize(sum);
        return sum;
    }
}
