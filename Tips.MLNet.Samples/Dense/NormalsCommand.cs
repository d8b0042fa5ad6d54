using System.CommandLine;
using SkiaSharp;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Dense;

/// <summary><c>normals</c>: which way the surface at every pixel faces, by a head of the model.</summary>
internal static class NormalsCommand
{
    public static Command Create(SampleContext context)
    {
        var model = HeadOptions.Model();
        var images = HeadOptions.Images();
        var folder = DenseOptions.Output("normals", "the results, NAME.normals.npy (height x width x 3) and NAME.normals.png");
        var style = new Option<NormalsStyle?>("--style")
        {
            Description = "Enlarge them as TIPS's notebook does (the default), or as Hugging Face's transformers.",
            HelpName = "notebook|hugging-face",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (text is not ("notebook" or "hugging-face"))
                    result.AddError($"--style is '{text}', expected notebook or hugging-face.");
                return text == "hugging-face" ? NormalsStyle.HuggingFace : NormalsStyle.Notebook;
            },
        };
        var command = new Command("normals", "Predict which way surfaces face, with a model that has a head for normals.")
        {
            model, images, folder, style,
        };
        command.SetAction((parsed, token) => Task.Run(
            () => Run(
                parsed.GetRequiredValue(model),
                parsed.GetRequiredValue(images),
                parsed.GetRequiredValue(folder),
                parsed.GetValue(style) ?? NormalsStyle.Notebook,
                context,
                token),
            token));
        return command;
    }

    /// <summary>The colors of the demo: x, y and z from −1 to 1 as red, green and blue.</summary>
    internal static SKBitmap Draw(NormalMap map) => Bitmaps.Paint(map.Height, map.Width, i =>
    {
        var direction = map.Directions.Slice(3 * i, 3);
        return new SKColor(Level(direction[0]), Level(direction[1]), Level(direction[2]));
    });

    private static byte Level(float value) => (byte)Math.Clamp((value + 1) / 2 * byte.MaxValue, 0, byte.MaxValue);

    private static int Run(
        string modelFolder, string images, string folder, NormalsStyle style, SampleContext context, CancellationToken cancellationToken)
    {
        var pictures = DensePicture.Find(images, context);
        using var model = TipsModel.Load(modelFolder);
        var options = new DensePredictionOptions { Tasks = [DenseTask.Normals], NormalsStyle = style };
        List<string> files = [];
        var predictions = DensePicture.Read(
            pictures, "Predicting normals", context, p => DensePrediction.Compute(model, p.Source, options, cancellationToken));
        foreach (var (picture, prediction) in predictions)
        {
            var map = prediction.Normals!;
            string file = picture.OutputIn(folder, ".normals.npy");
            NpyFile.Write(file, map.Directions.ToArray(), map.Height, map.Width, 3);
            using var drawn = Draw(map);
            Bitmaps.Save(drawn, picture.OutputIn(folder, ".normals.png"));
            files.Add(file);
        }

        foreach (string file in files) context.Findings.WriteLine(WordWrap.Keep(Printable.Escape(file)));
        context.Finish(new DenseFilesResult(model.Name, folder, files));
        return SampleCommands.Success;
    }
}
