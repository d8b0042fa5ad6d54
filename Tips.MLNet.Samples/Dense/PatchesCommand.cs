using System.CommandLine;
using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary><c>patches</c>: writes the patch embeddings of pictures as NumPy arrays.</summary>
internal static class PatchesCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = DenseOptions.Images();
        var folder = DenseOptions.Output("patches", "the arrays, NAME.patches.npy");
        var layer = new Option<int?>("--layer")
        {
            Description = "Block whose tokens are written, from 0. Default: the last.",
            HelpName = "N",
        };
        layer.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, out int number) && number >= 0))
                result.AddError($"--layer is '{result.Tokens[0].Value}', expected a number from 0.");
        });
        var raw = new Option<bool>("--raw") { Description = "Leave out the final layer norm." };
        var valuePath = new Option<bool>("--value-path") { Description = "Write the tokens of the value path, which fit texts better." };
        var sizes = new DenseOptions(canPad: true);
        var command = new Command("patches", "Write the patch embeddings of pictures: rows x columns x D, float32, one .npy file each.")
        {
            model, images, folder, layer, raw, valuePath,
        };
        sizes.AddTo(command);
        command.SetAction((parsed, token) => Task.Run(() =>
        {
            var options = new PatchOptions
            {
                Layer = parsed.GetValue(layer),
                FinalNorm = !parsed.GetValue(raw),
                ValuePath = parsed.GetValue(valuePath),
                Input = sizes.Input(parsed, parsed.GetValue(images) is null),
            };
            return Run(parsed.GetValue(model), parsed.GetValue(images), parsed.GetRequiredValue(folder), options, context, token);
        }, token));
        return command;
    }

    private static int Run(
        string? modelFolder,
        string? images,
        string folder,
        PatchOptions options,
        SampleContext context,
        CancellationToken cancellationToken)
    {
        var output = context.Report;
        var pictures = DensePicture.Find(images, context);
        using var model = TipsModel.Load(modelFolder ?? BundledAssets.ModelFolder);
        output.WriteLine($"Model {Printable.Escape(model.Name)} turns every patch of a picture into {model.EmbeddingDimension} numbers.");
        if (modelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();
        var table = new TextTable().Name("file", 4).Number("rows", 3).Number("columns", 2).Number("D", 1);
        List<PatchArray> arrays = [];
        var embedded = DensePicture.Read(
            pictures, "Embedding patches", context, p => model.EmbedPatches(p.Source, options, cancellationToken));
        foreach (var (picture, patches) in embedded)
        {
            string file = picture.OutputIn(folder, ".patches.npy");
            NpyFile.Write(file, patches.Values.ToArray(), patches.Rows, patches.Columns, patches.Dimension);
            arrays.Add(new PatchArray(file, patches.Rows, patches.Columns, patches.Dimension));
            table.Row(Path.GetRelativePath(folder, file), Text(patches.Rows), Text(patches.Columns), Text(patches.Dimension));
        }

        context.Write(table);
        output.WriteLine($"The arrays are in '{Printable.Escape(folder)}'.");
        context.Finish(new PatchesResult(model.Name, folder, arrays));
        return SampleCommands.Success;

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
