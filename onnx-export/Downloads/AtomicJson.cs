using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>Writes small files so that either the new or the old version is there as a whole, even after a power failure.</summary>
internal static class AtomicJson
{
    private const string TemporarySuffix = ".new";

    public static void Write(string path, byte[] json)
    {
        path = LinkedFile.PlaceOf(path);
        using (var stream = new FileStream(path + TemporarySuffix, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1))
        {
            stream.Write(json);
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + TemporarySuffix, path, overwrite: true);
    }

    /// <summary>Reads a file without keeping others from replacing it.</summary>
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
