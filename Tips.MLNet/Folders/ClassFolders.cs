namespace Tips.MLNet.Folders;

/// <summary>Reads a folder with one subfolder per class.</summary>
internal static class ClassFolders
{
    /// <summary>The pictures of all classes.</summary>
    public static ImageFolder Read(string folder, ImageFolderOptions options)
    {
        var names = ClassNames.Read(options.NamesFile);
        var listing = FolderListing.Read(folder);
        var loose = new FoundFiles();
        foreach (string file in listing.Files) loose.Add(file);
        List<SkippedFile> skipped =
        [
            .. listing.Skipped,
            .. loose.Skipped,
            .. loose.Pictures.Select(path => new SkippedFile(path, "picture outside of class folders", "it is in no class folder")),
        ];
        if (listing.Folders.Count < 2) throw TooFew(folder, listing.Folders.Count, skipped);

        List<ImageFile> images = [];
        List<string> classes = [], emptyClasses = [];
        foreach (var (path, _) in listing.Folders)
        {
            string label = names.LabelOf(Path.GetFileName(path), () => $"Folder '{folder}' has class folder");
            var found = new FoundFiles();
            FolderWalk.Run(path, found, folder);
            images.AddRange(found.Pictures.Select(picture => new ImageFile(picture, label)));
            skipped.AddRange(found.Skipped);
            (found.Pictures.Count > 0 ? classes : emptyClasses).Add(label);
        }

        return new ImageFolder(images.OrderBy(image => image.Path, StringComparer.Ordinal), skipped, classes, emptyClasses);
    }

    private static InvalidDataException TooFew(string folder, int count, List<SkippedFile> skipped)
    {
        string subfolders = count == 1 ? "1 subfolder" : $"{count} subfolders";
        string passedOver = skipped.Count > 0 ? $"; passed over: {SkippedFile.Summarize(skipped)}" : "";
        return new InvalidDataException(
            $"Folder '{folder}' has {subfolders}, expected one for each of at least 2 classes{passedOver}.");
    }
}
