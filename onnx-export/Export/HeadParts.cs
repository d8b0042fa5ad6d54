using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>The heads of an export, in the order of their tasks.</summary>
internal sealed class HeadParts : IDisposable
{
    private readonly List<HeadPart> _parts = [];

    private HeadParts()
    {
    }

    public IReadOnlyList<HeadPart> All => _parts;

    /// <summary>The blocks whose tokens any of them takes; known when they are attached to an encoder.</summary>
    public IEnumerable<int> Layers => _parts.SelectMany(p => p.Layers).Distinct().Order();

    /// <exception cref="CheckpointException">A file has no such head.</exception>
    /// <exception cref="ArgumentException">Two are for one task, or a setting is for a head that is not there.</exception>
    public static HeadParts Open(IReadOnlyList<HeadSource> sources, HeadSettings settings)
    {
        if (sources.GroupBy(s => s.Task).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"There are {twice.Count()} heads for {twice.Key.Name()}, expected one for a task.");
        if ((settings.DepthRange is not null || settings.ReluAfterProject is not null) && sources.All(s => s.Task != HeadTask.Depth))
            throw new ArgumentException("--depth-range and --relu-after-project are for a head for depth, but there is none.");
        if (settings.ClassNames is not null && sources.All(s => s.Task != HeadTask.Segmentation))
            throw new ArgumentException("--class-names is for a head for segmentation, but there is none.");
        var heads = new HeadParts();
        try
        {
            foreach (var source in sources.OrderBy(s => s.Task)) heads._parts.Add(HeadPart.Open(source, settings));
            return heads;
        }
        catch
        {
            heads.Dispose();
            throw;
        }
    }

    /// <summary>Finds the blocks of an encoder that feed each head.</summary>
    /// <exception cref="CheckpointException">A head cannot be of this encoder.</exception>
    public void Attach(int width, int blocks, string encoder)
    {
        foreach (var part in _parts) part.Attach(width, blocks, encoder);
    }

    public void Dispose()
    {
        foreach (var part in _parts) part.Dispose();
    }
}
