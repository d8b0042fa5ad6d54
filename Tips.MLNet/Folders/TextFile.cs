using System.Text;
using System.Text.Unicode;
using Tips.MLNet.Images;

namespace Tips.MLNet.Folders;

/// <summary>Reads text files: UTF-8, with or without a byte order mark, or UTF-16 with one. Bytes that are neither are an error.</summary>
internal static class TextFile
{
    // With its mark, because a reader that finds the mark of another encoding's object replaces the encoding by one that never throws.
    private static readonly UTF8Encoding Utf8WithMark = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="read">Reads its text.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not a file, or not UTF-8.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static T Read<T>(string path, Func<TextReader, T> read)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no file '{path}'.", path);
        if (SpecialFile.Describe(path) is { } special) throw new InvalidDataException($"'{path}' is a {special}, expected a file.");
        try
        {
            using var reader = new StreamReader(path, Utf8WithMark, detectEncodingFromByteOrderMarks: true);
            return read(reader);
        }
        catch (DecoderFallbackException e)
        {
            throw ErrorAt(path, FirstBadLine(path), "has bytes that are not UTF-8, expected UTF-8, or UTF-16 with a byte order mark.", e);
        }
    }

    /// <summary>An error in a line of a file; the message goes on after the number.</summary>
    public static InvalidDataException ErrorAt(string path, int line, string message, Exception? cause = null)
        => new($"'{path}', line {line} {message}", cause);

    // The decoder does not know lines. In Latin-1 each byte is a character, and line breaks are the same bytes as in UTF-8.
    private static int FirstBadLine(string path)
    {
        using var reader = new StreamReader(path, Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        int line = 1;
        while (reader.ReadLine() is { } bytes && Utf8.IsValid(Encoding.Latin1.GetBytes(bytes))) line++;
        return line;
    }
}
