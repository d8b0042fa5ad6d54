namespace Tips.OnnxExport.Files;

/// <summary>Files that may be reached by links, such as downloads that were moved to another disk and linked back.</summary>
internal static class LinkedFile
{
    /// <summary>Length of the file that a path leads to; a link's own says nothing. 0 if there is none.</summary>
    public static long LengthOf(string path) => Target(path) is { Exists: true } target ? target.Length : 0;

    /// <summary>Where a file is to be written: a link stays one, unless the folder that it leads to is gone.</summary>
    public static string PlaceOf(string path)
    {
        string place = Target(path).FullName;
        return Directory.Exists(Path.GetDirectoryName(place)) ? place : path;
    }

    private static FileInfo Target(string path)
    {
        var info = new FileInfo(path);
        try
        {
            return info.LinkTarget is null ? info : (FileInfo)info.ResolveLinkTarget(returnFinalTarget: true)!;
        }
        catch (IOException)
        {
            return info; // it leads in a circle
        }
    }
}
