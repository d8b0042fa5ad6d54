namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// Reads the dictionary literal of a <c>.npy</c> header. It takes every form of it that Python's <c>ast.literal_eval</c> takes and that
/// some program writes: keys in any order, either kind of quotes, any white space, a comma behind the last entry or none, the
/// <c>L</c> that Python 2 puts behind long numbers. Nothing is evaluated.
/// </summary>
internal ref struct PythonLiteral(string text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    /// <summary>Thrown as it is if the text is not such a literal; the caller knows what to say about it.</summary>
    private static FormatException Malformed => new("it is malformed");

    /// <summary>Reads the whole text: an object for each key, which is a <c>string</c>, a <c>bool</c>, a <c>string[]</c> with the digits of
    /// a tuple's numbers, or null for a list or a nested tuple.</summary>
    /// <exception cref="FormatException">The text is not a dictionary of such values, or has a key twice.</exception>
    public static Dictionary<string, object?> ReadDictionary(string text) => new PythonLiteral(text).ReadDictionary();

    private Dictionary<string, object?> ReadDictionary()
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        Expect('{');
        while (!Skip('}'))
        {
            string key = ReadString();
            Expect(':');
            if (!values.TryAdd(key, ReadValue())) throw Malformed;
            if (Skip(',')) continue;
            Expect('}');
            break;
        }

        return Peek() == '\0' ? values : throw Malformed;
    }

    private object? ReadValue()
    {
        switch (Peek())
        {
            case '\'' or '"' or 'u': return ReadString();
            case '(': return ReadTuple();
            case '[':
                SkipBracketed();
                return null;
            default: return ReadBoolean();
        }
    }

    private bool ReadBoolean() => SkipWord("True") || (SkipWord("False") ? false : throw Malformed);

    // A single number in parentheses is no tuple in Python; NumPy refuses it, too.
    private string[]? ReadTuple()
    {
        int start = _at;
        Expect('(');
        var numbers = new List<string>();
        bool comma = false;
        while (!Skip(')'))
        {
            if (!char.IsAsciiDigit(Peek()))
            {
                _at = start;
                SkipBracketed();
                return null;
            }

            numbers.Add(ReadNumber());
            if (Skip(','))
            {
                comma = true;
                continue;
            }

            Expect(')');
            break;
        }

        return numbers.Count != 1 || comma ? [.. numbers] : throw Malformed;
    }

    private string ReadNumber()
    {
        int start = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at])) _at++;
        string digits = _text[start.._at].ToString();
        if (_at < _text.Length && _text[_at] is 'L' or 'l') _at++;
        return digits;
    }

    private string ReadString()
    {
        if (Peek() == 'u') _at++; // as Python 2 writes strings of Unicode
        char quote = _at < _text.Length ? _text[_at] : '\0';
        if (quote is not ('\'' or '"')) throw Malformed;
        int length = _text[++_at..].IndexOf(quote);
        if (length < 0) throw Malformed;
        var value = _text.Slice(_at, length);
        if (value.ContainsAny('\\', '\n')) throw Malformed;
        _at += length + 1;
        return value.ToString();
    }

    // What is in there is of no use: the message only says that it is not a plain type. Quotes may hide brackets.
    private void SkipBracketed()
    {
        int depth = 0;
        do
        {
            switch (Peek())
            {
                case '\0': throw Malformed;
                case '\'' or '"':
                    ReadString();
                    continue;
                case '(' or '[': depth++; break;
                case ')' or ']': depth--; break;
            }

            _at++;
        }
        while (depth > 0);
    }

    private bool SkipWord(string word)
    {
        Peek();
        if (!_text[_at..].StartsWith(word)) return false;
        _at += word.Length;
        return true;
    }

    private bool Skip(char expected)
    {
        if (Peek() != expected) return false;
        _at++;
        return true;
    }

    private void Expect(char expected)
    {
        if (!Skip(expected)) throw Malformed;
    }

    private char Peek()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\n' or '\r' or '\f') _at++;
        return _at < _text.Length ? _text[_at] : '\0';
    }
}
