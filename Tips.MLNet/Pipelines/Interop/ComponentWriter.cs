using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>Writes a component into a pipeline that is being saved: a JSON state and named streams of bytes.</summary>
internal sealed class ComponentWriter(ModelSaveContext context, ComponentSignature signature)
{
    private static readonly ConditionalWeakTable<RepositoryWriter, HashSet<string>> Shared = [];

    /// <summary>Writes the state; call this first.</summary>
    public void WriteState<TState>(TState state, JsonTypeInfo<TState> type)
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

    /// <summary>Writes a stream that all components of the pipeline share, unless one of them has written it already.</summary>
    public void WriteSharedStream(string folder, string name, Action<Stream> write)
    {
        var repository = context.Repository
            ?? throw new InvalidOperationException($"A {signature.Loader} can only be saved into a file of its own kind, a zip.");
        if (!Shared.GetOrCreateValue(repository).Add($"{folder}/{name}")) return;
        using var entry = repository.CreateEntry(folder, name);
        write(entry.Stream);
    }
}
