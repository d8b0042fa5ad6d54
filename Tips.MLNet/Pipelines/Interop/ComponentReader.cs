using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>Reads what <see cref="ComponentWriter"/> wrote.</summary>
internal sealed class ComponentReader(ModelLoadContext context, PipelineHost host, ComponentSignature signature)
{
    private static readonly ConditionalWeakTable<RepositoryReader, Dictionary<string, object>> Shared = [];

    /// <summary>The context that loads the pipeline.</summary>
    public PipelineHost Host => host;

    public TState ReadState<TState>(JsonTypeInfo<TState> type)
    {
        context.CheckAtModel(signature.ToVersionInfo());
        try
        {
            return JsonSerializer.Deserialize(context.Reader.ReadString(), type)
                ?? throw new InvalidDataException($"The saved pipeline's {signature.Loader} has no state.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The saved pipeline's {signature.Loader} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Hands a stream to <paramref name="read"/>; false if there is none. Its length is known.</summary>
    public bool TryReadStream(string name, Action<Stream> read) => context.TryLoadBinaryStream(name, reader => read(reader.BaseStream));

    /// <summary>Hands a stream that the components of the pipeline share to <paramref name="read"/>; false if there is none.</summary>
    public bool TryReadSharedStream(string folder, string name, Action<Stream> read)
    {
        using var entry = context.Repository?.OpenEntryOrNull(folder, name);
        if (entry is null) return false;
        read(entry.Stream);
        return true;
    }

    /// <summary>An object that the components of the pipeline share; the first one to ask for it creates it.</summary>
    public T GetShared<T>(string key, Func<T> create)
        where T : class
    {
        if (context.Repository is null) return create();
        var objects = Shared.GetOrCreateValue(context.Repository);
        if (!objects.TryGetValue(key, out object? value)) objects.Add(key, value = create());
        return (T)value;
    }
}
