namespace Tips.OnnxExport.Downloads;

/// <summary>Small files that are there as a whole or as they were before, also after the power has failed.</summary>
internal static class AtomicJson
{
    private const string TemporarySuffix = ".new";

    public static void Write(string path, byte[] json)
    {
        using (var stream = new FileStream(path + TemporarySuffix, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1))
        {
            stream.Write(json);
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + TemporarySuffix, path, overwrite: true);
    }

    /// <summary>Reads a file without being in the way of its being replaced.</summary>
    public static byte[] Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] json = new byte[stream.Length];
        stream.ReadExactly(json);
        return json;
    }

    public static void Delete(string path)
    {
        File.Delete(path);
        File.Delete(path + TemporarySuffix);
    }
}
