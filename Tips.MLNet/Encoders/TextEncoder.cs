using System.Security.Cryptography;
using Tips.MLNet.Models;
using Tips.MLNet.Text;

namespace Tips.MLNet.Encoders;

/// <summary>
/// Embeds texts: tokenize, collect a batch, run the graph on texts of similar length, normalize. The twin of
/// <see cref="ImageEncoder"/>. Thread-safe.
/// </summary>
internal sealed class TextEncoder : IDisposable
{
    /// <summary>Texts prepared together unless the caller asks for another number: enough to find others of similar length.</summary>
    public const int DefaultBatchSize = 512;

    /// <summary>Tokens of one run, padding included: enough to keep the cores busy, not more than the caches hold.</summary>
    internal const int CpuTokensPerRun = 512, GpuTokensPerRun = 8192;

    private readonly ModelFiles _files;
    private readonly TextManifest _text;
    private readonly GraphRunner _graph;
    private readonly Lazy<TipsTokenizer> _tokenizer;

    public TextEncoder(ModelFiles files, TextManifest text, Execution execution)
    {
        (_files, _text) = (files, text);
        EmbeddingDimension = files.Manifest.EmbeddingDimension;
        TokensPerRun = execution.Provider == ExecutionProvider.Cuda ? GpuTokensPerRun : CpuTokensPerRun;
        _graph = new GraphRunner(
            typeof(TipsModel),
            files,
            text,
            text.Graph.File,
            execution,
            [new ExpectedTensor(text.Graph.Input, typeof(long), [-1, -1])],
            [new ExpectedTensor(text.Graph.Embedding, typeof(float), [-1, EmbeddingDimension])]);
        _tokenizer = new Lazy<TipsTokenizer>(ReadTokenizer, LazyThreadSafetyMode.PublicationOnly); // so that a failure is not kept
    }

    public int EmbeddingDimension { get; }

    public TipsTokenizer Tokenizer => _tokenizer.Value;

    public float? Temperature => _text.Temperature;

    public int TokensPerRun { get; }

    /// <summary>Loads the tokenizer, if there is one, and opens the session.</summary>
    public void WarmUp()
    {
        if (_text.Tokenizer is not null) LoadTokenizer();
        _graph.Open();
    }

    /// <summary>Loads the tokenizer unless that is done.</summary>
    /// <exception cref="InvalidDataException">The tokenizer's file is not the one that the manifest lists, or cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    public void LoadTokenizer() => _ = Tokenizer;

    /// <summary>Makes room for a batch.</summary>
    public TextBatch CreateBatch(int capacity, bool normalize) => new(this, capacity, normalize);

    /// <summary>Computes the embedding of each text, batch × D, not normalized.</summary>
    public void Run(ReadOnlyMemory<long> tokenIds, int count, int length, Memory<float> embeddings, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _text.MaximumLength);
        var ids = tokenIds[..TensorLength.Check(tokenIds.Length, [count, length], nameof(tokenIds))];
        if (ids.Span.ContainsAnyExceptInRange(0, _text.VocabularySize - 1))
            throw new ArgumentException($"An id is out of range; expected 0 to {_text.VocabularySize - 1}.", nameof(tokenIds));
        long[] shape = [count, EmbeddingDimension];
        _graph.Run(
            [NamedTensor.Input(_text.Graph.Input, ids, [count, length])],
            [
                NamedTensor.Output(
                    _text.Graph.Embedding, embeddings[..TensorLength.Check(embeddings.Length, shape, nameof(embeddings))], shape),
            ],
            cancellationToken);
    }

    public void Dispose() => _graph.Dispose();

    private TipsTokenizer ReadTokenizer()
    {
        if (_text.Tokenizer is null)
        {
            throw new InvalidOperationException(
                $"Model '{_files.Manifest.Name}' was exported without a tokenizer, so it takes token ids only ("
                + $"{nameof(TipsModel)}.{nameof(TipsModel.RunTokens)}). To embed texts, export it again with '--tokenizer FILE'.");
        }

        var file = _text.Files.First(f => f.Name == _text.Tokenizer);
        string place = $"Tokenizer '{_text.Tokenizer}' of the {_files.Place}";
        byte[] bytes;
        using (var stream = _files.OpenRead(file))
        {
            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        }

        string sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (sha256 != file.Sha256)
        {
            throw new InvalidDataException(
                $"{place} is not the one that the manifest lists: its SHA-256 is {sha256}, expected {file.Sha256}. Export the model "
                + "again.");
        }

        var tokenizer = TipsTokenizer.Load(bytes, place);
        string rule = _text.TokenizerRule ?? nameof(TokenizerRule.SentencePiece);
        if (tokenizer.Rule.ToString() != rule)
            throw new InvalidDataException($"{place} is for the rule {tokenizer.Rule}, but the manifest says {rule}.");

        if (!tokenizer.ReservesPad)
        {
            throw new InvalidDataException(
                $"{place} uses the id {TipsTokenizer.PadId} for '{tokenizer.GetPiece(TipsTokenizer.PadId)}', expected a control piece "
                + "for padding.");
        }

        return tokenizer.VocabularySize <= _text.VocabularySize
            ? tokenizer
            : throw new InvalidDataException(
                $"{place} has {tokenizer.VocabularySize} pieces, but the text encoder has only {_text.VocabularySize} token embeddings.");
    }
}
