using Tips.MLNet.Models;

namespace Tips.MLNet.Transforms;

/// <summary>Finds the folder of a model that a saved pipeline refers to: the one whose manifest is the saved one, wherever it is.</summary>
internal static class ModelFolderSearch
{
    /// <param name="given">Where to look first.</param>
    /// <param name="state">What the pipeline says about the model.</param>
    /// <exception cref="DirectoryNotFoundException">None of the places has a model.</exception>
    /// <exception cref="InvalidDataException">The places have other models only.</exception>
    public static string Find(IReadOnlyList<string> given, SavedModelState state)
    {
        string[] places = [.. given, .. FromEnvironment(), .. state.Folder is { } saved ? [saved] : Array.Empty<string>()];
        string? other = null;
        foreach (string folder in places.SelectMany(WithSubfolders))
        {
            if (DigestOf(folder) is not { } digest) continue;
            if (digest == state.ManifestSha256) return folder;
            other ??= folder;
        }

        if (other is null)
        {
            throw new DirectoryNotFoundException(
                $"The pipeline refers to model '{state.Name}' in folder '{string.Join("' or '", places)}', which is not there. Put the "
                + "folder there, or "
                + $"name its new place in {nameof(TipsLoadOptions)}.{nameof(TipsLoadOptions.ModelFolders)} or in the environment variable "
                + $"{TipsLoadOptions.ModelFoldersVariable}. Where no options can be given, as to mlContext.Model.Load or to a pool of "
                + $"engines, set {nameof(TipsLoadOptions)}.{nameof(TipsLoadOptions.Default)}.");
        }

        string name = ManifestSerializer.ReadFile(Path.Combine(other, TipsManifest.FileName)).Name;
        throw new InvalidDataException(
            $"The pipeline was saved with another model than the one in folder '{other}': the SHA-256 of its {TipsManifest.FileName} is "
            + $"{DigestOf(other)} (model '{name}'), expected {state.ManifestSha256} (model '{state.Name}'). Train the pipeline again, or "
            + "give the "
            + "folder of the model it was trained with.");
    }

    private static string[] FromEnvironment() => (Environment.GetEnvironmentVariable(TipsLoadOptions.ModelFoldersVariable) ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static IEnumerable<string> WithSubfolders(string folder)
    {
        yield return folder;
        string[] subfolders;
        try
        {
            subfolders = Directory.GetDirectories(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (string subfolder in subfolders.Order(StringComparer.Ordinal)) yield return subfolder;
    }

    // Null if there is no readable manifest: another place may have the model then.
    private static string? DigestOf(string folder)
    {
        try
        {
            string manifest = Path.Combine(folder, TipsManifest.FileName);
            return File.Exists(manifest) ? ManifestSerializer.Digest(ManifestSerializer.ReadBytes(manifest)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }
}
