namespace Tips.OnnxExport.Downloads;

/// <summary>Small files that are there as a whole or as they were before.</summary>
internal static class AtomicJson
{
    public static void Write(string path, byte[] json)
    {
        string temporary = path + ".new";
        File.WriteAllBytes(temporary, json);
        File.Move(temporary, path, overwrite: true);
    }
}
