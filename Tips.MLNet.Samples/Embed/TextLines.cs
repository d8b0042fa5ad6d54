using System.Text;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Embed;

/// <summary>Texts of a file or of standard input, one on each line.</summary>
internal static class TextLines
{
    /// <param name="file">The file; "-" is standard input.</param>
    /// <param name="openInput">Opens that.</param>
    public static IEnumerable<string> Read(string file, Func<Stream> openInput)
    {
        if (file == "-") return Lines(openInput(), "Standard input");
        if (!File.Exists(file)) throw new SampleException($"There is no file '{file}'.");
        return Lines(File.OpenRead(file), $"File '{file}'");
    }

    private static IEnumerable<string> Lines(Stream stream, string name)
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        using var reader = new StreamReader(stream, strict);
        for (int number = 1; ; number++)
        {
            string? line;
            try
            {
                line = reader.ReadLine();
            }
            catch (DecoderFallbackException)
            {
                throw new SampleException($"{name} is not UTF-8, at line {number} or soon after it.");
            }

            if (line is null) yield break;
            yield return line;
        }
    }
}
