using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Tips.MLNet.Models;
using Tips.MLNet.Store;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Under which keys the store keeps the embeddings of a transform: made of the content that is embedded, and of everything else that the
/// embedding depends on.
/// </summary>
internal readonly struct EmbeddingKeys
{
    /// <summary>Raised whenever this library begins to decode, resize, tokenize or normalize differently.</summary>
    private const int NumbersVersion = 1;

    private readonly StoreKey _settings;

    private EmbeddingKeys(params ReadOnlySpan<object> settings)
    {
        var text = new StringBuilder();
        foreach (object setting in settings) text.Append(CultureInfo.InvariantCulture, $"{setting}\n");
        _settings = StoreKey.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }

    public static EmbeddingKeys OfPictures(TipsModel model, TipsImageEmbeddingOptions options)
    {
        var vision = model.Manifest.Vision!;
        // Of the part's files, those that matter: a graph for patches may be added. The graph says what is computed, and how precisely.
        return new EmbeddingKeys(
            "picture",
            NumbersVersion,
            HashOf(vision, vision.Embedding.File),
            HashOf(vision, vision.Weights),
            vision.Embedding.Input,
            vision.Embedding.ClassTokens,
            $"{vision.ImageHeight}x{vision.ImageWidth}",
            vision.Preprocessing.Resize,
            vision.Preprocessing.AspectRatio,
            vision.Preprocessing.Channels,
            vision.Preprocessing.Scale,
            model.Provider,
            options.ClassToken,
            options.Normalize,
            options.Upright,
            options.Background.ToArgb(),
            options.MaximumPixels); // changes no number, but a picture that is refused must stay so
    }

    public static EmbeddingKeys OfTexts(TipsModel model, TipsTextEmbeddingOptions options)
    {
        var text = model.Manifest.Text!;
        return new EmbeddingKeys(
            "text",
            NumbersVersion,
            HashOf(text, text.Graph.File),
            HashOf(text, text.Weights),
            text.Graph.Input,
            text.Graph.Embedding,
            HashOf(text, text.Tokenizer!),
            text.TokenizerRule ?? "",
            text.MaximumLength,
            model.Provider,
            options.Normalize);
    }

    /// <summary>The key for a content.</summary>
    /// <param name="content">Its hash.</param>
    public StoreKey For(in StoreKey content) => _settings.With(content);

    /// <summary>The key for a text, as it is given.</summary>
    public StoreKey For(ReadOnlySpan<char> text) => For(StoreKey.Of(MemoryMarshal.AsBytes(text)));

    private static string HashOf(PartManifest part, string file) => part.Files.First(f => f.Name == file).Sha256;
}

/// <summary>The store of a transform.</summary>
/// <param name="Store">The store, which the caller owns.</param>
/// <param name="Keys">The keys of the transform's embeddings.</param>
internal sealed record KeptEmbeddings(EmbeddingStore Store, EmbeddingKeys Keys);
