using System.Text.Json;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Text;

namespace Tips.MLNet.Tests.Text;

/// <summary>Compared with the SentencePiece library: 373 texts of all sorts, four models of all kinds.</summary>
[TestClass]
public class GoldenTokenizerTests
{
    [TestMethod]
    [DataRow("bpe")]
    [DataRow("bpe_bytes")]
    [DataRow("unigram_nobos")]
    [DataRow("unigram_bytes_identity")]
    public void Every_text_gets_the_same_ids_as_in_the_library(string model)
    {
        var tokenizer = TipsTokenizer.Load(GoldenFiles.PathOf("tokenizers", model + ".model"));
        using var json = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("tokenizers", "ids.json")));
        string[] texts = [.. json.RootElement.GetProperty("texts").EnumerateArray().Select(t => t.GetString()!)];
        var rows = json.RootElement.GetProperty("ids").GetProperty(model).EnumerateArray();
        int[][] expected = [.. rows.Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray())];
        AssertSame(tokenizer, texts, expected);
    }

    /// <summary>The same tokenizer in both files: each gives what its own library gives. The two differ in 13 texts.</summary>
    [TestMethod]
    [DataRow("tipsv2-mini/tokenizer.json", "transformers", TokenizerRule.HuggingFace)]
    [DataRow("tipsv2-mini-hub/tokenizer.model", "sentencepiece", TokenizerRule.SentencePiece)]
    public void Both_files_of_one_tokenizer_give_the_ids_of_their_own_library(string file, string library, TokenizerRule rule)
    {
        var tokenizer = TipsTokenizer.Load(GoldenFiles.PathOf("hugging-face", file));
        Assert.AreEqual((rule, true, 512), (tokenizer.Rule, tokenizer.LowerCase, tokenizer.VocabularySize));
        using var json = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("hugging-face", "tokenizer-ids.json")));
        string[] texts = [.. json.RootElement.GetProperty("texts").EnumerateArray().Select(t => t.GetString()!)];
        AssertSame(tokenizer, texts, json.RootElement.GetProperty(library).Deserialize<int[][]>()!);
    }

    private static void AssertSame(TipsTokenizer tokenizer, string[] texts, int[][] expected)
    {
        Assert.HasCount(373, texts);
        Assert.HasCount(373, expected);
        string[] wrong = [.. texts.Zip(expected).Select(p => Difference(p.First, p.Second)).OfType<string>()];
        Assert.IsEmpty(wrong, $"{wrong.Length} differ: {string.Join("\n", wrong.Take(5))}");

        string? Difference(string text, int[] ids)
        {
            var actual = tokenizer.EncodeToIds(text);
            return actual.SequenceEqual(ids) ? null : $"'{text}': [{string.Join(", ", actual)}], expected [{string.Join(", ", ids)}]";
        }
    }
}
