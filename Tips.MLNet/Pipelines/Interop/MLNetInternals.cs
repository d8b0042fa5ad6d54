using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Trainers;
using Tips.MLNet.Transforms;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]

// A saved pipeline names our assembly; ML.NET loads it and finds these, so a program that only calls Model.Load need not register anything.
[assembly: LoadableClass(typeof(TipsImageEmbeddingTransformer), typeof(ImageEmbeddingLoader), null, typeof(SignatureLoadModel), "TIPS image embedding", ImageEmbeddingLoader.Signature)]
[assembly: LoadableClass(typeof(TipsTextEmbeddingTransformer), typeof(TextEmbeddingLoader), null, typeof(SignatureLoadModel), "TIPS text embedding", TextEmbeddingLoader.Signature)]
[assembly: LoadableClass(typeof(TipsZeroShotTransformer), typeof(ZeroShotLoader), null, typeof(SignatureLoadModel), "TIPS zero-shot classification", ZeroShotLoader.Signature)]
[assembly: LoadableClass(typeof(KNearestNeighborsTransformer), typeof(KNearestNeighborsLoader), null, typeof(SignatureLoadModel), "k-nearest neighbours", KNearestNeighborsLoader.Signature)]

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>
/// The one file that uses internals of ML.NET: saving and loading, and the constructors of schema shapes and trainer infos. The types it
/// uses are listed in <c>MLNetInternals.targets</c>, which makes the build fail if one of them disappears.
/// </summary>
internal static class MLNetInternals
{
    public static SchemaShape.Column Column(string name, SchemaShape.Column.VectorKind kind, DataViewType itemType, bool isKey = false, IEnumerable<SchemaShape.Column>? annotations = null)
        => new(name, kind, itemType, isKey, annotations is null ? null : new SchemaShape(annotations));

    public static TrainerInfo TrainerInfo() => new(normalization: false, calibration: false, caching: false);
}

/// <summary>What distinguishes one of our components in a saved pipeline.</summary>
/// <param name="Loader">Name under which ML.NET finds the loader: at most 24 ASCII characters.</param>
/// <param name="Model">Mark at the start of the component's data: exactly 8 ASCII characters.</param>
internal sealed record ComponentSignature(string Loader, string Model)
{
    private const uint FormatVersion = 0x00010001;

    // The simple assembly name: a pipeline saved by a newer version of this library then still finds an older one, and the other way round.
    internal VersionInfo ToVersionInfo() => new(Model, FormatVersion, FormatVersion, FormatVersion, loaderSignature: Loader, loaderAssemblyName: typeof(ComponentSignature).Assembly.GetName().Name);
}

/// <summary>Writes a component into a pipeline that is being saved: a JSON state and named streams of bytes.</summary>
internal sealed class ComponentWriter(ModelSaveContext context)
{
    public void WriteState<TState>(ComponentSignature signature, TState state, JsonTypeInfo<TState> type)
    {
        context.CheckAtModel();
        context.SetVersionInfo(signature.ToVersionInfo());
        context.Writer.Write(JsonSerializer.Serialize(state, type));
    }

    public void WriteStream(string name, Action<Stream> write) => context.SaveBinaryStream(name, writer =>
    {
        writer.Flush();
        write(writer.BaseStream);
    });
}

/// <summary>Reads what <see cref="ComponentWriter"/> wrote.</summary>
internal sealed class ComponentReader(ModelLoadContext context)
{
    public TState ReadState<TState>(ComponentSignature signature, JsonTypeInfo<TState> type)
    {
        context.CheckAtModel(signature.ToVersionInfo());
        try
        {
            return JsonSerializer.Deserialize(context.Reader.ReadString(), type) ?? throw new InvalidDataException($"The saved pipeline's {signature.Loader} has no state.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The saved pipeline's {signature.Loader} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Hands a stream to <paramref name="read"/>; false if there is no such one. Its length is known.</summary>
    public bool TryReadStream(string name, Action<Stream> read) => context.TryLoadBinaryStream(name, reader => read(reader.BaseStream));
}

internal static class ImageEmbeddingLoader
{
    public const string Signature = "TipsImageEmbedding";

    public static ComponentSignature Component { get; } = new(Signature, "TIPSIMGE");

    public static TipsImageEmbeddingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => TipsImageEmbeddingTransformer.Load(new ComponentReader(ctx));
}

internal static class TextEmbeddingLoader
{
    public const string Signature = "TipsTextEmbedding";

    public static ComponentSignature Component { get; } = new(Signature, "TIPSTXTE");

    public static TipsTextEmbeddingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => TipsTextEmbeddingTransformer.Load(new ComponentReader(ctx));
}

internal static class ZeroShotLoader
{
    public const string Signature = "TipsZeroShot";

    public static ComponentSignature Component { get; } = new(Signature, "TIPSZERO");

    public static TipsZeroShotTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => TipsZeroShotTransformer.Load(new ComponentReader(ctx));
}

internal static class KNearestNeighborsLoader
{
    public const string Signature = "TipsKNearestNeighbors";

    public static ComponentSignature Component { get; } = new(Signature, "TIPSKNNC");

    public static KNearestNeighborsTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => KNearestNeighborsTransformer.Load(new ComponentReader(ctx));
}
