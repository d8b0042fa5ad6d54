namespace Tips.MLNet.Text;

/// <summary>Whose way of splitting texts a tokenizer follows. They differ in few texts, mostly in capital letters outside A to Z.</summary>
public enum TokenizerRule
{
    /// <summary>
    /// A SentencePiece model behind lowercasing of A to Z: what Google's own code does with <c>tokenizer.model</c>.
    /// </summary>
    SentencePiece,

    /// <summary>
    /// A <c>tokenizer.json</c>, as Hugging Face's transformers reads it: all letters are lowercased if it says so, words are split at white
    /// space, and special tokens that are written in a text, such as <c>&lt;pad&gt;</c>, become those tokens.
    /// </summary>
    HuggingFace,
}
