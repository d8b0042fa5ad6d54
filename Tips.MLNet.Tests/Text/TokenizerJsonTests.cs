using System.Text;
using System.Text.Json.Nodes;
using Tips.MLNet.Text;

namespace Tips.MLNet.Tests.Text;

/// <summary>
/// A small <c>tokenizer.json</c>, one property at a time: what Hugging Face's library would do, or an error that names what this one does
/// not do.
/// </summary>
[TestClass]
public class TokenizerJsonTests
{
    // Ids: 0 to 3 special, then these pieces.
    private static readonly string[] Pieces = ["▁", "a", "b", "c", "▁a", "ab", "bc", "abc", "▁ab"];

    [TestMethod]
    public void Merges_come_in_their_order_leftmost_first()
    {
        // bc before ab: the pair that is earlier in the list is merged first, wherever it stands.
        AssertPieces("abc", ["▁", "a", "bc"], Make(["b c", "a b"]));
        AssertPieces("abc", ["▁", "ab", "c"], Make(["a b", "b c"]));
        AssertPieces("abab", ["▁ab", "ab"], Make(["a b", "▁ ab"]));
        AssertPieces("abc", ["▁a", "bc"], Make(["▁ a", "b c", "a b"]));
    }

    [TestMethod]
    public void A_merge_that_is_listed_twice_has_its_later_rank_and_a_version_line_none()
    {
        AssertPieces("abc", ["▁", "ab", "c"], Make(["b c", "a b", "b c"]));
        // The pair after a doubled one does not share its rank: bc is merged before ab although ab stands further left.
        AssertPieces("abc", ["▁", "a", "bc"], Make(["▁ ab", "▁ ab", "b c", "a b"]));
        AssertPieces("abc", ["▁", "a", "bc"], Make(["#version: 0.2", "b c", "a b"]));
    }

    [TestMethod]
    public void Words_end_at_white_space_and_begin_with_a_space_of_their_own()
    {
        var tokenizer = Make(["▁ a"]);
        AssertPieces(" a\r\n\u3000b\u2003 ", ["▁a", "▁", "b"], tokenizer);
        AssertPieces("a▁b ▁c", ["▁a", "▁", "b", "▁", "c"], tokenizer);
        AssertPieces("", [], tokenizer);
        AssertPieces("A", ["▁a"], tokenizer);
    }

    [TestMethod]
    public void Special_tokens_count_as_they_are_written_and_split_words()
    {
        var tokenizer = Make([]);
        AssertPieces("a<pad>b</s>", ["▁", "a", "<pad>", "▁", "b", "</s>"], tokenizer);
        AssertPieces("<PAD>", ["▁", "a"], tokenizer); // lowercased only after special tokens were looked for
        Assert.AreEqual(0, tokenizer.EncodeToIds("<pad>").Single());
    }

    [TestMethod]
    public void Characters_without_a_piece_are_dropped_or_unknown_or_bytes()
    {
        AssertPieces("axb", ["▁", "a", "b"], Make([]));
        AssertPieces("axyb", ["▁", "a", "<unk>", "b"], Make([], json => json["model"]!["unk_token"] = "<unk>"));
        var notFused = Make([], json =>
        {
            json["model"]!["unk_token"] = "<unk>";
            json["model"]!["fuse_unk"] = false;
        });
        AssertPieces("axyb", ["▁", "a", "<unk>", "<unk>", "b"], notFused);
        var bytes = Make([], json =>
        {
            var vocabulary = json["model"]!["vocab"]!.AsObject();
            for (int i = 0; i < 256; i++) vocabulary[$"<0x{i:X2}>"] = vocabulary.Count;
        });
        AssertPieces("aé", ["▁", "a", "<0xC3>", "<0xA9>"], bytes);
        Assert.AreEqual("aé", bytes.Decode(bytes.EncodeToIds("aé")));
    }

    [TestMethod]
    [DataRow("model.type", "\"WordPiece\"", "its model is 'WordPiece', expected 'BPE'")]
    [DataRow("model.dropout", "0.1", "its model.dropout is 0.1, expected none")]
    [DataRow("model.continuing_subword_prefix", "\"##\"", "its model.continuing_subword_prefix is '##', expected none")]
    [DataRow("model.merges", "[[\"a\",\"z\"]]", "its vocabulary has no piece 'z', which a merge needs")]
    [DataRow("model.merges", "[[\"a\",\"c\"]]", "its vocabulary has no piece 'ac', which a merge needs")]
    [DataRow("model.merges", "[[\"a\"]]", "its merge 0 is [\"a\"], expected two pieces")]
    [DataRow("model.merges", "7", "its model.merges is 7, expected a list")]
    [DataRow("model.vocab", "{\"a\": 7}", "has the id")]
    [DataRow("model.vocab", "{\"a\": -1}", "the id of 'a' is -1, expected a number from 0 on")]
    [DataRow("model.unk_token", "\"?\"", "its vocabulary has no piece '?', which the unk_token needs")]
    [DataRow(
        "normalizer.normalizers",
        "[{\"type\": \"NFKC\"}]",
        "its normalizer has the step 'NFKC', expected 'Lowercase', then 'Precompiled'")]
    [DataRow(
        "normalizer.normalizers",
        "[{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"*\"}]",
        "precompiled_charsmap is not base64")]
    [DataRow("pre_tokenizer", "null", "its pre_tokenizer is [], expected ['WhitespaceSplit', 'Metaspace']")]
    [DataRow("pre_tokenizer.pretokenizers.1.prepend_scheme", "\"first\"", "has the prepend_scheme 'first', expected 'always'")]
    [DataRow("pre_tokenizer.pretokenizers.1.replacement", "\"_\"", "has the replacement '_', expected '▁'")]
    [DataRow("post_processor", "{\"type\": \"BertProcessing\"}", "its post_processor 'BertProcessing' adds tokens, expected none")]
    [DataRow(
        "truncation",
        "{\"max_length\": 32, \"direction\": \"Right\"}",
        "its truncation is at 32 tokens, Right, expected at least 64, Right")]
    [DataRow("added_tokens.0.lstrip", "true", "its added token '<pad>' has lstrip true, expected false")]
    [DataRow("added_tokens.0.normalized", "true", "its added token '<pad>' has normalized true, expected false")]
    [DataRow("added_tokens.0.id", "9", "its added token '<pad>' has the id 9, but its vocabulary says 0")]
    public void What_this_library_does_not_do_is_refused_by_name(string path, string value, string expected)
    {
        string message = Assert.ThrowsExactly<InvalidDataException>(() => Make([], json => Set(json, path, JsonNode.Parse(value)))).Message;
        Assert.StartsWith("The tokenizer is not a usable tokenizer.json: ", message);
        Assert.Contains(expected, message);
    }

    [TestMethod]
    public void The_case_of_letters_is_kept_where_no_step_lowercases()
        => Assert.IsFalse(Make([], json => json["normalizer"] = null).LowerCase);

    private static void AssertPieces(string text, string[] expected, TipsTokenizer tokenizer)
        => CollectionAssert.AreEqual(expected, tokenizer.EncodeToIds(text).Select(tokenizer.GetPiece).ToArray(), text);

    private static void Set(JsonNode node, string path, JsonNode? value)
    {
        string[] keys = path.Split('.');
        foreach (string key in keys[..^1]) node = int.TryParse(key, out int index) ? node[index]! : node[key]!;
        node[keys[^1]] = value;
    }

    private static TipsTokenizer Make(string[] merges, Action<JsonObject>? change = null)
    {
        string[] special = ["<pad>", "</s>", "<unk>", "<s>"];
        var vocabulary = new JsonObject();
        foreach (string piece in (string[])[.. special, .. Pieces]) vocabulary[piece] = vocabulary.Count;
        var json = new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. special.Select((content, id) => new JsonObject
            {
                ["id"] = id, ["content"] = content, ["lstrip"] = false, ["normalized"] = false, ["special"] = true,
            })]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Lowercase" }),
            },
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "WhitespaceSplit" },
                    new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = "always", ["split"] = true }),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
        };
        change?.Invoke(json);
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json.ToJsonString()));
        return TipsTokenizer.Load(stream);
    }
}
