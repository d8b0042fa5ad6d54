using System.Text.Json;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// A checkpoint in several <c>.safetensors</c> files, with the index that says which tensor is in which:
/// <c>NAME.safetensors.index.json</c>, as Hugging Face's libraries write it. The index and the files must agree. Not thread-safe.
/// </summary>
internal sealed class ShardedCheckpoint : ICheckpoint
{
    public const string IndexSuffix = ".safetensors.index.json";

    private const int MaximumIndexLength = 8 << 20, MaximumShards = 1000, MaximumTensors = 10_000;

    private readonly Dictionary<string, SafetensorsCheckpoint> _shardOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);
    private readonly List<SafetensorsCheckpoint> _shards = [];

    private ShardedCheckpoint(string path) => Path = path;

    public string Path { get; }

    public IReadOnlyList<string> Files => [Path, .. _shards.Select(s => s.Path)];

    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>Opens an index and the files that it names.</summary>
    /// <exception cref="CheckpointException">The index or a file is damaged, or they contradict each other.</exception>
    /// <exception cref="FileNotFoundException">There is no such index.</exception>
    public static ShardedCheckpoint Open(string path)
    {
        var checkpoint = new ShardedCheckpoint(path);
        try
        {
            var shardNames = ReadIndex(path);
            foreach (string shard in shardNames.Values.Distinct().Order(StringComparer.Ordinal)) checkpoint.Add(shard, shardNames);
            if (shardNames.Keys.FirstOrDefault(key => !checkpoint._tensors.ContainsKey(key)) is { } missing)
                throw checkpoint.Error($"has key '{missing}' in '{shardNames[missing]}', but that file does not have it");
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public string FullName(string name) => name;

    public float[] Read(string name) => _shardOf[name].Read(name);

    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no checkpoint '{path}'.", path);
        var root = JsonFile.Parse(BoundedFile.Read(path, MaximumIndexLength, "Index"), $"Checkpoint '{path}'");
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("weight_map", out var map)
            || map.ValueKind != JsonValueKind.Object)
            throw new CheckpointException($"Checkpoint '{path}' has no object 'weight_map', expected one with the file of each key.");
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            if (CheckpointFile.DescribeIfTooLong(entry.Name) is { } tooLong)
                throw new CheckpointException($"Checkpoint '{path}' has a key {tooLong}.");
            if (names.Count == MaximumTensors)
                throw new CheckpointException($"Checkpoint '{path}' has more than {MaximumTensors} tensors.");
            string file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : entry.Value.GetRawText();
            names.Add(entry.Name, CheckName(path, entry.Name, file));
        }

        return names.Count > 0 ? names : throw new CheckpointException($"Checkpoint '{path}' lists no tensor.");
    }

    // An index may come from anywhere; its names must not lead out of its folder.
    private static string CheckName(string path, string key, string file)
    {
        bool isPlain = file.Length is > 0 and <= 255
            && file.EndsWith(".safetensors", StringComparison.Ordinal)
            && file.IndexOfAny(['/', '\\', ':', '\0']) < 0
            && file[0] != '.';
        string shown = file.Length <= 100 ? file : file[..100] + "…";
        return isPlain
            ? file
            : throw new CheckpointException(
                $"Checkpoint '{path}' has key '{key}' in '{shown}', expected the name of a .safetensors file beside it.");
    }

    private void Add(string shard, Dictionary<string, string> shardNames)
    {
        if (_shards.Count == MaximumShards) throw Error($"has more than {MaximumShards} files");
        string file = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!, shard);
        if (!File.Exists(file)) throw Error($"names the file '{shard}', which is not there");
        var opened = SafetensorsCheckpoint.Open(file);
        _shards.Add(opened);
        foreach (var (key, tensor) in opened.Tensors)
        {
            if (!shardNames.TryGetValue(key, out string? listed)) throw Error($"does not list key '{key}', which file '{shard}' has");
            if (listed != shard) throw Error($"has key '{key}' in '{listed}', but file '{shard}' has it, too");
            _shardOf.Add(key, opened);
            _tensors.Add(key, tensor);
        }
    }

    private CheckpointException Error(string message) => new($"Checkpoint '{Path}' {message}.");
}
