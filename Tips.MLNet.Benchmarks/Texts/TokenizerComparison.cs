using System.ComponentModel;
using System.Diagnostics;
using Tips.MLNet.Text;

namespace Tips.MLNet.Benchmarks.Texts;

/// <summary>Our tokenizer on one thread, against the SentencePiece library's <c>spm_encode</c> on the same file.</summary>
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
            using var process = Process.Start("spm_encode", [$"--model={modelFile}", "--output_format=id", $"--input={file}", "--output=/dev/null"]);
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException($"spm_encode ended with code {process.ExitCode}.");
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException("spm_encode is not on the path; Debian has it in the package sentencepiece.", e);
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
        string[] words = "A photo of the small red dog with an old man standing in green water near big trees, two white cars on snow; Straße café naïve 3.5 km 日本 ☃ photographs extraordinary".Split(' ');
        var random = new Random(1);
        for (int i = 0; i < count; i++) yield return string.Join(' ', Enumerable.Range(0, 6 + i % 14).Select(_ => words[random.Next(words.Length)]));
    }
}
