namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// Keeps the last two tensors that were read. Query, key and value alternate between one packed weight and one packed bias, so each of
/// the two is read only once.
/// </summary>
internal sealed class RecentTensors
{
    private const int Capacity = 2;

    private readonly List<(string Name, float[] Values)> _kept = [];

    public float[] Get(string name, Func<float[]> read)
    {
        int found = _kept.FindIndex(t => t.Name == name);
        if (found >= 0) return _kept[found].Values;
        if (_kept.Count == Capacity) _kept.RemoveAt(0); // before the next one needs memory
        float[] values = read();
        _kept.Add((name, values));
        return values;
    }

    public void Clear() => _kept.Clear();
}
