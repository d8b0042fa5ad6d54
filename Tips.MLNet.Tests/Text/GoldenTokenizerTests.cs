using System.Text.Json;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Text;

namespace Tips.MLNet.Tests.Text;

/// <summary>Held against the SentencePiece library: 373 texts of all sorts, four models of all kinds.</summary>
[TestClass]
public class GoldenTokenizerTests
{
    [TestMethod]
    [DataRow("bpe")]
    [DataRow("bpe_bytes")]
    [DataRow("unigram_nobos")]
    [DataRow("unigram_bytes_identity")]
    public void Every_text_gets_the_librarys_ids(string model)
    {
        var tokenizer = TipsTokenizer.Load(GoldenFiles.PathOf("tokenizers", model + ".model"));
        using var json = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("tokenizers", "ids.json")));
        string[] texts = [.. json.RootElement.GetProperty("texts").EnumerateArray().Select(t => t.GetString()!)];
        int[][] expected = [.. json.RootElement.GetProperty("ids").GetProperty(model).EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray())];
        Assert.HasCount(373, texts);
        Assert.HasCount(373, expected);
        string[] wrong = [.. texts.Zip(expected).Where(p => !tokenizer.EncodeToIds(p.First).SequenceEqual(p.Second)).Select(p => $"'{p.First}': [{string.Join(", ", tokenizer.EncodeToIds(p.First))}], expected [{string.Join(", ", p.Second)}]")];
        Assert.IsEmpty(wrong, $"{wrong.Length} differ: {string.Join("\n", wrong.Take(5))}");
    }
}
