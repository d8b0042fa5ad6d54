using System.ComponentModel;
using System.Diagnostics;
using Tips.MLNet.Text;

namespace Tips.MLNet.Benchmarks.Texts;

/// <summary>Compares our tokenizer on one thread with <c>spm_encode</c> of the SentencePiece library on the same file.</summary>
internal static class TokenizerComparison
{
    public static void Run(string modelFile, int lines, int turns)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string file = Path.Combine(folder, "lines.txt");
            string[] texts = [.. Lines(lines)];
            File.WriteAllLines(file, texts);
            Turns.Run(
                $"{lines} lines, {Path.GetFileName(modelFile)}",
                turns,
                ("spm_encode", () => Library(modelFile, file)),
                ("TipsTokenizer: load, read the file, write the ids", () => Ours(modelFile, file)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Library(string modelFile, string file)
    {
        try
        {
            string[] arguments = [$"--model={modelFile}", "--output_format=id", $"--input={file}", "--output=/dev/null"];
            using var process = Process.Start("spm_encode", arguments);
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException($"spm_encode ended with code {process.ExitCode}.");
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException("spm_encode is not on the PATH. Debian's package is called sentencepiece.", e);
        }
    }

    private static void Ours(string modelFile, string file)
    {
        var tokenizer = TipsTokenizer.Load(modelFile);
        using var output = new StreamWriter(Stream.Null);
        int[] ids = new int[4096];
        foreach (string line in File.ReadLines(file))
        {
            int count = tokenizer.Encode(line, ids);
            for (int i = 0; i < count; i++)
            {
                output.Write(ids[i]);
                output.Write(' ');
            }

            output.WriteLine();
        }
    }

    private static IEnumerable<string> Lines(int count)
    {
        const string sentence = "A photo of the small red dog with an old man standing in green water near big trees, two white cars "
            + "on snow; Straße café naïve 3.5 km 日本 ☃ photographs extraordinary";
        string[] words = sentence.Split(' ');
        var random = new Random(1);
        for (int i = 0; i < count; i++)
            yield return string.Join(' ', Enumerable.Range(0, 6 + i % 14).Select(_ => words[random.Next(words.Length)]));
    }
}
