using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Models;
using Tips.MLNet.Text;

namespace Tips.OnnxExport.Commands;

/// <summary>What a model folder holds, in a few lines.</summary>
internal static class ModelDescription
{
    public static IEnumerable<string> Lines(TipsManifest manifest)
    {
        yield return
            $"{Printable.Escape(manifest.Name)}: {manifest.Variant}, {manifest.Precision}, embeddings of {manifest.EmbeddingDimension} "
            + "values.";
        if (manifest.Vision is { } vision)
        {
            yield return
                $"Image encoder: {vision.Layers} blocks, pictures of {vision.ImageHeight}x{vision.ImageWidth} "
                + $"(checkpoint grid {vision.CheckpointGrid[0]}x{vision.CheckpointGrid[1]}).";
        }

        if (manifest.Text is { } text)
        {
            string temperature = text.Temperature?.ToString(CultureInfo.InvariantCulture) ?? "not in the checkpoint";
            yield return $"Text encoder: {text.Layers} blocks, {text.VocabularySize} tokens, temperature {temperature}.";
            yield return text.Tokenizer is null
                ? "There is no tokenizer, so the model takes token ids only. To embed texts, export it again with '--tokenizer FILE'."
                : Tokenizer(text.Tokenizer, text.TokenizerRule == nameof(TokenizerRule.HuggingFace));
        }

        foreach (var head in manifest.Heads ?? []) yield return HeadDescription.Line(head);
        yield return $"License of the weights: {Printable.Escape(manifest.License)}.";
    }

    public static string Tokenizer(string name, bool isHuggingFace) => $"Tokenizer: {Printable.Escape(name)}, " + (isHuggingFace
        ? "read as Hugging Face's transformers does (special tokens in a text count, words end at white space)."
        : "read as SentencePiece does, behind lowercasing of A to Z (Google's own way).");
}
