using System.CommandLine;
using SkiaSharp;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Dense;

/// <summary><c>pca</c>: shows three principal components of the patches as colors.</summary>
internal static class PcaCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = DenseOptions.Images();
        var folder = DenseOptions.Output("pca", "the pictures, NAME.pca.png");
        var together = new Option<bool>("--together")
        {
            Description = "Fit the components on all pictures together, so that a color means the same in each.",
        };
        var style = new Option<PcaStyle?>("--style")
        {
            Description = "Colors as in TIPS's PyTorch notebook (sigmoid, the default) or its Scenic notebook (direction).",
            HelpName = "sigmoid|direction",
            CustomParser = result => result.Tokens[0].Value switch
            {
                "sigmoid" => PcaStyle.Sigmoid,
                "direction" => PcaStyle.Direction,
                var other => Unknown(result, other),
            },
        };
        var sizes = new DenseOptions();
        var command = new Command("pca", "Show what patches have in common: their principal components as colors, beside the picture.")
        {
            model, images, folder, together, style,
        };
        sizes.AddTo(command);
        command.SetAction((parsed, token) => Task.Run(() => Run(
            parsed.GetValue(model),
            parsed.GetValue(images),
            parsed.GetRequiredValue(folder),
            (parsed.GetValue(together), parsed.GetValue(style) ?? PcaStyle.Sigmoid, sizes.Input(parsed, parsed.GetValue(images) is null)),
            context,
            token), token));
        return command;
    }

    private static PcaStyle Unknown(System.CommandLine.Parsing.ArgumentResult result, string style)
    {
        result.AddError($"--style is '{style}', expected sigmoid or direction.");
        return default;
    }

    private static int Run(
        string? modelFolder,
        string? images,
        string folder,
        (bool Together, PcaStyle Style, PatchInput Input) how,
        SampleContext context,
        CancellationToken cancellationToken)
    {
        var output = context.Report;
        var pictures = DensePicture.Find(images, context);
        using var model = TipsModel.Load(modelFolder ?? BundledAssets.ModelFolder);
        output.WriteLine(
            "Patches that show similar things get similar colors: "
            + (how.Together ? "the same in all pictures." : "in each picture by itself."));
        if (modelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();
        var options = new PatchOptions { Input = how.Input };
        var common = how.Together ? FitTogether() : null;
        List<string> files = [];
        foreach (var (picture, patches) in Embed("Coloring patches"))
        {
            float[] colors = (common ?? PatchPca.Fit([patches])).Color(patches, how.Style);
            string file = picture.OutputIn(folder, ".pca.png");
            using var shown = picture.Show(out _, out _);
            using var small = Bitmaps.Paint(patches.Rows, patches.Columns, i => Color(colors.AsSpan(3 * i, 3)));
            using var large = Bitmaps.Resize(small, shown.Height, shown.Width, smooth: false);
            using var both = Bitmaps.Beside(shown, large);
            Bitmaps.Save(both, file);
            files.Add(file);
        }

        foreach (string file in files) context.Findings.WriteLine(WordWrap.Keep(Printable.Escape(file)));
        context.Finish(new DenseFilesResult(model.Name, folder, files));
        return SampleCommands.Success;

        IEnumerable<(DensePicture Picture, PatchFeatures Patches)> Embed(string task)
            => DensePicture.Read(pictures, task, context, p => model.EmbedPatches(p.Source, options, cancellationToken));

        PatchPca? FitTogether()
        {
            PatchFeatures[] embedded = [.. Embed("Embedding patches").Select(e => e.Patches)];
            return embedded.Length > 0 ? PatchPca.Fit(embedded) : null;
        }
    }

    private static SKColor Color(ReadOnlySpan<float> color) => new(Level(color[0]), Level(color[1]), Level(color[2]));

    private static byte Level(float value) => (byte)MathF.Round(value * byte.MaxValue);
}
