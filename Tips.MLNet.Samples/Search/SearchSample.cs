using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Index;

namespace Tips.MLNet.Samples.Search;

/// <summary>Finds pictures by texts and pictures, in a stored index or in one that is made for this search only.</summary>
internal static class SearchSample
{
    private static readonly string[] DefaultQueries =
    [
        "a red apple", "a big airplane", "a yellow bird", "umbrella in the rain", "a blue fish", "tree",
    ];

    private const int MaximumPairs = 100;

    public static int Run(SearchRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        ContactSheet.Check(context, request.ContactSheet);
        using var stored = request.IndexFile is { } file ? PictureIndex.Open(file, request.Images) : null;
        if (stored is { Description.Captions: false } && request.ByCaption)
            throw new SampleException($"Index '{request.IndexFile}' has no captions; make it with 'index DIR -o FILE --captions'.");
        if (stored is { Description.Upright: false } && context.Upright)
            throw new SampleException($"Index '{request.IndexFile}' was made without --upright; make it again with it, or leave it out.");
        if (stored is not null) context.Upright = stored.Description.Upright; // a picture to look for is turned like the others
        using var model = TipsModel.Load(request.ModelFolder ?? stored?.Description.ModelFolder ?? BundledAssets.ModelFolder);
        if (stored is not null) CheckModel(model, stored.Description, request.IndexFile!);
        return stored is null
            ? SearchPictures(request, context, model, cancellationToken)
            : SearchIndex(request, context, model, stored, recall: null, cancellationToken);
    }

    private static void CheckModel(TipsModel model, IndexDescription description, string file)
    {
        if (IndexDescription.DigestOf(model) == description.ModelDigest) return;
        string where = description.ModelFolder is null ? "that comes with the program" : $"in '{description.ModelFolder}'";
        throw new SampleException(
            $"Index '{file}' was made with the model {description.Model} {where}, and '{model.Folder}' has another one ({model.Name}) "
            + "now. Their embeddings cannot be compared: make the index again, or give its model with --model.");
    }

    // Makes the index first.
    private static int SearchPictures(SearchRequest request, SampleContext context, TipsModel model, CancellationToken cancellationToken)
    {
        var output = context.Report;
        var pictures = request.Captions
            ? PictureFiles.WithCaptions(request.Images!, context.LeftOut)
            : PictureFiles.OrBundled(request.Images, context.LeftOut);
        output.WriteLine($"{Format.Count(pictures.Count)} pictures go into an index.");
        output.WriteLine("Each query is embedded into the same space and finds the pictures nearest to it.");
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();

        var embedded = EmbeddingProgress.Embed(context, model, pictures, cancellationToken);
        RecallResult? recall = null;
        if (request.Captions) recall = RecallReport.OfCaptions(context, model, embedded, cancellationToken);
        else if (request.Images is null && request.ModelFolder is null) recall = RecallReport.OfNames(model, embedded);
        var description = new IndexDescription
        {
            Model = model.Name,
            ModelDigest = IndexDescription.DigestOf(model),
            PictureFolder = PictureFiles.FolderOf(request.Images),
        };
        using var index = PictureIndex.Create(description, model.EmbeddingDimension, embedded, captions: null);
        return SearchIndex(request, context, model, index, recall, cancellationToken);
    }

    private static int SearchIndex(
        SearchRequest request,
        SampleContext context,
        TipsModel model,
        PictureIndex index,
        RecallResult? recall,
        CancellationToken cancellationToken)
    {
        var findings = context.Findings;
        bool isAsked = request.Queries.Count > 0 || request.QueryImage is not null;
        // Only the duplicates of a stored index may be asked for.
        bool isForDuplicates = request.IndexFile is not null && request.DuplicateThreshold is not null;
        var texts = isAsked || isForDuplicates ? request.Queries : DefaultQueries;
        var queries = SearchQuery.Create(request, texts, context, model, cancellationToken);
        var filter = new ItemFilter(request.Filters);
        var kind = request.ByCaption ? ItemKind.Caption : ItemKind.Picture;
        IReadOnlyList<SearchResult>[] results = [.. queries.Select(q => index.Search(q.Embedding, kind, filter, request.Top))];
        for (int i = 0; i < queries.Count; i++)
        {
            findings.WriteLine($"{Printable.Escape(queries[i].Name)}:");
            if (results[i].Count == 0) findings.WriteLine("  nothing meets the filters");
            foreach (var hit in results[i]) findings.WriteLine($"  {Format.Score(hit.Similarity)}  {Shown(PictureIndex.NameOf(hit))}");
        }

        bool hasSheet = queries.Count > 0 && SaveSheet(request, context, index, queries, results);
        var pairs = request.DuplicateThreshold is { } threshold
            ? PrintDuplicates(index, threshold, filter, findings, cancellationToken)
            : null;
        if (recall is not null) RecallReport.Print(recall, findings);
        context.Finish(new SearchFindings
        {
            Model = model.Name,
            Pictures = index.PictureCount,
            Queries = [.. queries.Select((query, i) => new QueryResult(query.Name, [.. results[i].Select(hit => Describe(index, hit))]))],
            Duplicates = pairs,
            Recall = recall,
            ContactSheet = hasSheet ? request.ContactSheet : null,
        });
        return SampleCommands.Success;
    }

    // Pictures that have been moved or deleted since the index was made are not on it.
    private static bool SaveSheet(
        SearchRequest request,
        SampleContext context,
        PictureIndex index,
        IReadOnlyList<SearchQuery> queries,
        IReadOnlyList<SearchResult>[] results)
    {
        SheetRow[] rows =
        [
            .. queries.Select((query, i) => new SheetRow(query.Name, [.. results[i].Select(OnSheet).Where(p => File.Exists(p.Path))])),
        ];
        string[] missing = [.. results.SelectMany(r => r).Select(hit => OnSheet(hit).Path).Where(path => !File.Exists(path)).Distinct()];
        if (missing.Length > 0)
        {
            context.Error.WriteLine(
                $"{Format.Count(missing.Length)} of the pictures found are gone, such as '{Printable.Escape(missing[0])}'. "
                + "Run 'index' again, or, if the folder was moved, give its place with --images.");
        }

        if (rows.All(row => row.Pictures.Count == 0)) return false;
        ContactSheet.Save(context, request.ContactSheet, rows);
        context.Report.WriteLine($"The contact sheet is '{Printable.Escape(request.ContactSheet)}'.");
        return true;

        SheetPicture OnSheet(SearchResult hit)
        {
            var item = PictureIndex.ItemOf(hit.Id, hit.Payload);
            return new SheetPicture(index.PathOf(PictureIndex.NameOf(hit)), hit.Similarity, item.Text ?? item.Label ?? "");
        }
    }

    // The pairs, of which the first are printed.
    private static SimilarPictures[] PrintDuplicates(
        PictureIndex index, float threshold, ItemFilter filter, TextWriter output, CancellationToken cancellationToken)
    {
        var pairs = index.FindSimilarPictures(threshold, filter, MaximumPairs + 1, cancellationToken);
        bool isCut = pairs.Count > MaximumPairs;
        string count = isCut ? $"More than {MaximumPairs}" : Format.Count(pairs.Count), order = isCut ? ", the most similar first" : "";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} pair(s) with a cosine of at least {threshold}{order}:"));
        foreach (var pair in pairs.Take(MaximumPairs))
            output.WriteLine($"  {Format.Score(pair.Similarity)}  {Shown(pair.First)}  {Shown(pair.Second)}");
        return [.. pairs.Take(MaximumPairs).Select(p => new SimilarPictures(index.PathOf(p.First), index.PathOf(p.Second), p.Similarity))];
    }

    private static Hit Describe(PictureIndex index, SearchResult hit)
    {
        var item = PictureIndex.ItemOf(hit.Id, hit.Payload);
        return new Hit(index.PathOf(PictureIndex.NameOf(hit)), hit.Similarity, item.Label, item.Text);
    }

    private static string Shown(string name) => WordWrap.Keep(Printable.Escape(name));
}
