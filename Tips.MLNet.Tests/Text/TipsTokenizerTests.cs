using System.Buffers;
using CsCheck;
using Google.Protobuf;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Text;
using Tips.MLNet.Text.SentencePiece;
using static Tips.MLNet.Tests.Support.SmallSentencePieceModel;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Tests.Text;

[TestClass]
public class TipsTokenizerTests
{
    private static readonly string[] Models = ["bpe", "bpe_bytes", "unigram_nobos", "unigram_bytes_identity"];

    private static readonly Dictionary<string, TipsTokenizer> Loaded = Models.ToDictionary(m => m, m => TipsTokenizer.Load(PathOf(m)));

    [TestMethod]
    public void Only_ASCII_letters_are_lowercased()
    {
        var tokenizer = Loaded["bpe_bytes"];
        CollectionAssert.AreEqual(
            tokenizer.EncodeToIds("a photo of a cat").ToArray(), tokenizer.EncodeToIds("A PHOTO of a Cat").ToArray());
        CollectionAssert.AreNotEqual(tokenizer.EncodeToIds("é").ToArray(), tokenizer.EncodeToIds("É").ToArray());
        using var stream = File.OpenRead(PathOf("bpe_bytes"));
        var caseSensitive = TipsTokenizer.Load(stream, lowerCase: false);
        Assert.IsFalse(caseSensitive.LowerCase);
        CollectionAssert.AreNotEqual(
            caseSensitive.EncodeToIds("a photo").ToArray(), caseSensitive.EncodeToIds("A photo").ToArray());
    }

    [TestMethod]
    public void Long_texts_are_cut_and_short_ones_are_padded()
    {
        var tokenizer = Loaded["bpe"];
        string text = string.Join(" ", Enumerable.Repeat("a photo of a cat", 40));
        int[] all = [.. tokenizer.EncodeToIds(text)];
        Assert.IsGreaterThan(64, all.Length);
        int[] batch = Array.ConvertAll(tokenizer.EncodeBatch([text, "a cat", "", null]), id => (int)id);
        Assert.HasCount(4 * 64, batch);
        CollectionAssert.AreEqual(all[..64], batch[..64]);
        int[] cat = [.. tokenizer.EncodeToIds("a cat")];
        CollectionAssert.AreEqual(cat, batch[64..(64 + cat.Length)]);
        Assert.IsTrue(batch[(64 + cat.Length)..].All(id => id == TipsTokenizer.PadId));

        int[] three = [9, 9, 9];
        Assert.AreEqual(2, tokenizer.Encode("a cat", three.AsSpan(0, 2)));
        CollectionAssert.AreEqual(new[] { cat[0], cat[1], 9 }, three);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tokenizer.EncodeBatch(["a"], 65));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tokenizer.EncodeBatch(["a"], 0));
    }

    [TestMethod]
    public void Decoding_gives_the_text_back()
    {
        foreach (var (name, tokenizer) in Loaded)
        {
            foreach (string text in (string[])["a photo of a cat.", "two dogs, one ball", "x"])
            {
                int[] ids = [.. tokenizer.EncodeToIds(text)];
                Assert.AreEqual(text, tokenizer.Decode(ids), name);
                char[] buffer = new char[text.Length];
                Assert.AreEqual(OperationStatus.Done, tokenizer.Decode(ids, buffer, out int consumed, out int written));
                Assert.AreEqual((ids.Length, text), (consumed, new string(buffer, 0, written)));
                if (ids.Length < 2) continue;
                var status = tokenizer.Decode(ids, buffer.AsSpan(0, text.Length - 1), out consumed, out written);
                Assert.AreEqual(OperationStatus.DestinationTooSmall, status);
                Assert.IsTrue(consumed < ids.Length && text.StartsWith(new string(buffer, 0, written), StringComparison.Ordinal));
            }
        }

        Assert.AreEqual("日本 ☃", Loaded["bpe_bytes"].Decode(Loaded["bpe_bytes"].EncodeToIds("日本 ☃")), "from bytes");
        Assert.AreEqual(" ⁇ ", Loaded["bpe"].Decode([Loaded["bpe"].UnknownId]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Loaded["bpe"].Decode([Loaded["bpe"].VocabularySize]));
    }

    [TestMethod]
    public void Token_offsets_point_at_their_text()
    {
        foreach (var (name, tokenizer) in Loaded)
        {
            const string text = "Café 日本 and a cat";
            var tokens = tokenizer.EncodeToTokens(text, out string? normalized);
            Assert.IsNotNull(normalized);
            foreach (var token in tokens.Where(t => !t.Value.StartsWith("<0x", StringComparison.Ordinal)))
                Assert.AreEqual(token.Value, normalized[token.Offset], name);
            CollectionAssert.AreEqual(tokenizer.EncodeToIds(text).ToArray(), tokens.Select(t => t.Id).ToArray());
            Assert.AreEqual(tokens.Count, tokenizer.CountTokens(text));
            Assert.AreEqual(tokenizer.GetPiece(tokens[0].Id), tokens[0].Value);
            int[] first = [.. tokenizer.EncodeToIds(text, 3, out _, out int consumed)];
            CollectionAssert.AreEqual(tokens.Take(3).Select(t => t.Id).ToArray(), first);
            Assert.AreEqual(tokens[2].Offset.End.Value, consumed);
        }
    }

    [TestMethod]
    public void Runs_of_unknown_characters_become_one_token_or_bytes()
    {
        Assert.AreEqual(1, Loaded["bpe"].EncodeToIds("☃☃☃").Count(id => id == Loaded["bpe"].UnknownId));
        Assert.AreEqual(0, Loaded["bpe_bytes"].EncodeToIds("☃☃☃").Count(id => id == Loaded["bpe_bytes"].UnknownId));
    }

    /// <summary>Arbitrary UTF-16, including lone surrogates and control characters.</summary>
    [TestMethod]
    public void Any_string_is_accepted() => Gen.Select(
        Gen.OneOf(Gen.Char, Gen.Char['\ud800', '\udfff'], Gen.Char[' ', '~'], Gen.Const(' '), Gen.Const('▁')).Array[0, 60],
        Gen.Int[0, 3].Select(i => Models[i])).Sample(
        (chars, model) =>
        {
            var tokenizer = Loaded[model];
            string text = new(chars);
            var ids = tokenizer.EncodeToIds(text);
            Assert.IsTrue(ids.All(id => id > 0 && id < tokenizer.VocabularySize));
            int[] again = new int[ids.Count + 1];
            Assert.AreEqual(ids.Count, tokenizer.Encode(text, again));
            CollectionAssert.AreEqual(ids.ToArray(), again[..^1]);
            tokenizer.Decode(ids);
        },
        iter: 3000,
        threads: 1);

    [TestMethod]
    [DataRow("bpe")]
    [DataRow("bpe_bytes")]
    [DataRow("unigram_nobos")]
    [DataRow("unigram_bytes_identity")]
    [Timeout(60_000)]
    public void A_megabyte_is_encoded_quickly(string model)
    {
        int[] ids = new int[64];
        string words = string.Concat(Enumerable.Repeat("a photo of a cat ", 1 << 16));
        foreach (string text in (string[])[new('a', 1 << 20), new(' ', 1 << 20), new('☃', 1 << 20), words])
        {
            int count = Loaded[model].Encode(text, ids);
            Assert.AreEqual(text[0] == ' ' && model != "unigram_bytes_identity", count == 0, "all other models fold the spaces away");
        }
    }

    [TestMethod]
    public void Many_threads_share_one_tokenizer()
    {
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"a photo number {i} of {(i % 3 == 0 ? "cats" : "☃ dogs")}")];
        foreach (var tokenizer in Loaded.Values)
        {
            int[][] alone = [.. texts.Select(t => tokenizer.EncodeToIds(t).ToArray())];
            Parallel.For(0, 2000, i => CollectionAssert.AreEqual(alone[i % 200], tokenizer.EncodeToIds(texts[i % 200]).ToArray()));
        }
    }

    [TestMethod]
    public void A_damaged_model_is_named_or_read_but_never_crashes()
    {
        using var folder = new TemporaryFolder();
        byte[] good = File.ReadAllBytes(PathOf("unigram_nobos"));
        var random = new Random(1);
        int refused = 0;
        for (int round = 0; round < 60; round++)
        {
            byte[] bytes = round % 2 == 0 ? good[..random.Next(good.Length)] : (byte[])good.Clone();
            for (int i = 0; i < round % 2 * 20; i++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(folder["tokenizer.model"], bytes);
            try
            {
                var tokenizer = TipsTokenizer.Load(folder["tokenizer.model"]);
                tokenizer.EncodeToIds("a photo of ☃ Café");
            }
            catch (InvalidDataException e)
            {
                refused++;
                Assert.StartsWith($"Tokenizer '{folder["tokenizer.model"]}' is not a usable SentencePiece model: ", e.Message);
            }
        }

        Assert.IsGreaterThan(10, refused);
        var missing = Assert.ThrowsExactly<FileNotFoundException>(() => TipsTokenizer.Load(folder["none"]));
        Assert.AreEqual($"There is no tokenizer '{folder["none"]}'.", missing.Message);
    }

    [TestMethod]
    public void Invalid_models_say_what_is_wrong()
    {
        Assert.Contains("it has no piece for unknown characters", Refusal(model => model.Pieces.RemoveAt(0)));
        Assert.Contains(
            "its pieces 0 and 3 are both for unknown characters",
            Refusal(model => model.Pieces.Add(Piece("<unk2>", PieceType.Unknown))));
        Assert.Contains("its piece 3, 'a', is a duplicate", Refusal(model => model.Pieces.Add(Piece("a", PieceType.Normal))));
        Assert.Contains("its piece 3 is empty", Refusal(model => model.Pieces.Add(Piece("", PieceType.Normal))));
        Assert.Contains(
            "its piece 3 has the score NaN, expected a finite number",
            Refusal(model => model.Pieces.Add(Piece("x", PieceType.Normal, float.NaN))));
        Assert.Contains(
            "its type is Word, expected Unigram or Bpe",
            Refusal(model => model.Trainer = new TrainerProto { ModelType = TrainerProto.Types.ModelType.Word }));
        Assert.Contains(
            "it falls back to bytes, but has no piece <0x00>",
            Refusal(model => model.Trainer = new TrainerProto { ByteFallback = true }));
        Assert.Contains(
            "its byte piece 3 is '<0xZZ>', expected <0x00> to <0xFF>",
            Refusal(model => model.Pieces.Add(Piece("<0xZZ>", PieceType.Byte))));
        Assert.Contains("its character map has 2 bytes, expected at least 4", Refusal(model => SetCharacterMap(model, 1, 2)));
        Assert.Contains(
            "its character map claims a table of 67305985 bytes, but has 4",
            Refusal(model => SetCharacterMap(model, 1, 2, 3, 4, 5, 6, 7, 8)));

        static void SetCharacterMap(ModelProto model, params byte[] bytes)
            => model.Normalizer = new NormalizerProto { PrecompiledCharsmap = ByteString.CopyFrom(bytes) };
    }

    /// <summary>spm_encode gives these ids for this model: a user-defined piece wins even if its parts are likely.</summary>
    [TestMethod]
    public void A_user_defined_piece_wins_over_likely_parts()
    {
        var model = Small();
        model.Normalizer = new NormalizerProto { AddDummyPrefix = false };
        PieceProto[] pieces =
        [
            Piece("l", PieceType.Normal, -3), Piece("o", PieceType.Normal, -3), Piece("n", PieceType.Normal, -3),
            Piece("g", PieceType.Normal, -3), Piece("lo", PieceType.Normal, -1), Piece("ng", PieceType.Normal, -0.5f),
            Piece("long", PieceType.UserDefined), Piece("日本", PieceType.UserDefined),
        ];
        model.Pieces.Add(pieces);
        var tokenizer = Load(model);
        CollectionAssert.AreEqual(new[] { 9 }, tokenizer.EncodeToIds("long").ToArray());
        CollectionAssert.AreEqual(new[] { 10 }, tokenizer.EncodeToIds("日本").ToArray());
    }

    [TestMethod]
    public void Byte_tokens_cover_their_character()
    {
        var tokenizer = Loaded["bpe_bytes"];
        foreach (string text in (string[])["☃ cat", "👍 a dog", "x☃👍é"])
        {
            var tokens = tokenizer.EncodeToTokens(text, out string? normalized);
            int end = 0;
            foreach (var token in tokens)
            {
                string covered = normalized![token.Offset];
                Assert.AreEqual(end, token.Offset.Start.Value);
                end = token.Offset.End.Value;
                if (!token.Value.StartsWith("<0x", StringComparison.Ordinal)) Assert.AreEqual(token.Value, covered);
            }

            Assert.AreEqual(normalized!.Length, end);
            Assert.AreEqual("☃", text[0] == '☃' ? normalized[tokens.First(t => t.Value == "<0xE2>").Offset] : "☃");
        }
    }

    /// <summary>The results of spm_decode.</summary>
    [TestMethod]
    public void Decoding_follows_the_library_in_odd_cases()
    {
        var identity = Loaded["unigram_bytes_identity"];
        int space = IdOf("▁"), a = IdOf("▁a");
        Assert.AreEqual("  a", identity.Decode([space, space, a]));
        Assert.AreEqual(" ", identity.Decode([space, space]));
        Assert.AreEqual("\uFFFD\uFFFD", identity.Decode([IdOf("<0xE2>"), IdOf("<0x82>")]));
        Assert.AreEqual("€", identity.Decode([IdOf("<0xE2>"), IdOf("<0x82>"), IdOf("<0xAC>")]));

        int IdOf(string piece) => Enumerable.Range(0, identity.VocabularySize).Single(id => identity.GetPiece(id) == piece);
    }

    /// <summary>A vocabulary as large as those of the largest models loads in seconds, and decoding takes linear time.</summary>
    [TestMethod]
    [Timeout(60_000)]
    public void Large_vocabularies_and_texts_take_linear_time()
    {
        var model = Small();
        var random = new Random(1);
        var seen = new HashSet<string> { "a", "b" };
        while (model.Pieces.Count < 256_000)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(3, 11)).Select(_ => (char)('a' + random.Next(26))));
            if (seen.Add(text)) model.Pieces.Add(Piece(text, PieceType.Normal, -random.NextSingle()));
        }

        var tokenizer = Load(model);
        Assert.AreEqual(256_000, tokenizer.VocabularySize);
        foreach (int id in (int[])[1, 2, 1000, 255_999])
            Assert.AreEqual(id, tokenizer.EncodeToIds(tokenizer.GetPiece(id), considerNormalization: false).Single());
        int[] ids = [.. Enumerable.Range(0, 500_000).Select(i => 1 + i % 2)];
        Assert.AreEqual(OperationStatus.Done, tokenizer.Decode(ids, new char[500_000], out int consumed, out int written));
        Assert.AreEqual((500_000, 500_000), (consumed, written));
    }

    /// <summary>Kinds of pieces that the golden models do not have: user-defined, unused, control.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Special_pieces_follow_their_rules(bool bpe)
    {
        var model = Small();
        model.Trainer = new TrainerProto { ModelType = bpe ? TrainerProto.Types.ModelType.Bpe : TrainerProto.Types.ModelType.Unigram };
        model.Normalizer = new NormalizerProto { AddDummyPrefix = false };
        model.Pieces.Add(Piece("ab", PieceType.Normal, -1));
        model.Pieces.Add(Piece("<s>", PieceType.Control));
        model.Pieces.Add(Piece("aba", PieceType.UserDefined));
        model.Pieces.Add(Piece("bb", PieceType.Unused));
        var tokenizer = Load(model);
        CollectionAssert.AreEqual(new[] { "ab" }, Pieces("ab"));
        CollectionAssert.AreEqual(new[] { "b", "b" }, Pieces("bb"), "an unused piece");
        // As spm_encode does: BPE never splits a user-defined piece, unigram weighs it against others.
        Assert.AreEqual(bpe ? "b aba b" : "b ab ab", string.Join(' ', Pieces("babab")));
        CollectionAssert.AreEqual(new[] { "aba" }, Pieces("aba"));
        Assert.AreEqual(tokenizer.UnknownId, tokenizer.EncodeToIds("<s>").Single(), "text cannot be a control piece");

        string[] Pieces(string text) => [.. tokenizer.EncodeToTokens(text, out _).Select(t => t.Value)];
    }

    private static string PathOf(string model) => GoldenFiles.PathOf("tokenizers", model + ".model");

    private static ModelProto Small()
    {
        var model = new ModelProto();
        model.Pieces.Add([Piece("<unk>", PieceType.Unknown), Piece("a", PieceType.Normal, -2), Piece("b", PieceType.Normal, -3)]);
        return model;
    }

    private static TipsTokenizer Load(ModelProto model) => TipsTokenizer.Load(model.ToByteArray(), "The model");

    private static string Refusal(Action<ModelProto> change)
    {
        var model = Small();
        change(model);
        return Assert.ThrowsExactly<InvalidDataException>(() => Load(model)).Message;
    }
}
