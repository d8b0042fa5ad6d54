using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Tips.MLNet.Images;

/// <summary>What a file is by its first bytes, whatever its name says.</summary>
/// <param name="Name">The format, as messages call it.</param>
/// <param name="IsPicture">Whether it is a picture.</param>
/// <param name="IsReadable">Whether SkiaSharp reads it on every system.</param>
internal sealed record FileKind(string Name, bool IsPicture = true, bool IsReadable = false)
{
    /// <summary>Bytes at the beginning of a file that are enough to tell.</summary>
    public const int HeadLength = 512;

    public static readonly FileKind Jpeg = new("JPEG", IsReadable: true);
    public static readonly FileKind Png = new("PNG", IsReadable: true);
    public static readonly FileKind Gif = new("GIF", IsReadable: true);
    public static readonly FileKind WebP = new("WebP", IsReadable: true);
    public static readonly FileKind Bmp = new("BMP", IsReadable: true);
    public static readonly FileKind Icon = new("icon", IsReadable: true);

    /// <summary>Raw pictures of cameras are TIFF files, too; SkiaSharp reads some.</summary>
    public static readonly FileKind Tiff = new("TIFF");

    public static readonly FileKind Heif = new("HEIC");
    public static readonly FileKind Avif = new("AVIF");
    public static readonly FileKind Jpeg2000 = new("JPEG 2000");
    public static readonly FileKind JpegXl = new("JPEG XL");
    public static readonly FileKind Psd = new("Photoshop");
    public static readonly FileKind Svg = new("SVG");
    public static readonly FileKind Pdf = new("PDF", IsPicture: false);
    public static readonly FileKind Html = new("HTML", IsPicture: false);
    public static readonly FileKind GitLfsPointer = new("Git LFS pointer", IsPicture: false);
    public static readonly FileKind Text = new("text", IsPicture: false);
    public static readonly FileKind Zeros = new("zeros", IsPicture: false);
    public static readonly FileKind Unknown = new("unknown", IsPicture: false);

    private static readonly SearchValues<byte> ControlCharacters = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30, 31]);

    /// <summary>Says what a file is.</summary>
    /// <param name="head">Its first <see cref="HeadLength"/> bytes, or all of them if it has fewer.</param>
    public static FileKind Of(ReadOnlySpan<byte> head)
    {
        if (head.Length > HeadLength) head = head[..HeadLength];
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return Jpeg;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G'])) return Png;
        if (head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8)) return Gif;
        if (head.StartsWith("RIFF"u8) && head.Length >= 12 && head[8..].StartsWith("WEBP"u8)) return WebP;
        if (head.StartsWith("BM"u8) && head.Length >= 18 && (head[15] | head[16] | head[17]) == 0) return Bmp; // a header of 12 to 255
        if (head.Length >= 6 && head[0] == 0 && head[1] == 0 && head[2] is 1 or 2 && head[3] == 0 && (head[4] | head[5]) != 0) return Icon;
        if (head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8) || head.StartsWith("II+\0"u8) || head.StartsWith("MM\0+"u8))
            return Tiff;
        if (head.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 12, (byte)'j', (byte)'P'])) return Jpeg2000;
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51])) return Jpeg2000;
        if (head.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L'])) return JpegXl;
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A])) return JpegXl;
        if (head.StartsWith("8BPS"u8)) return Psd;
        if (head.StartsWith("%PDF"u8)) return Pdf;
        if (head.Length >= 12 && head[4..].StartsWith("ftyp"u8)) return OfMediaFile(head[8..]);
        if (!head.IsEmpty && head.IndexOfAnyExcept((byte)0) < 0) return Zeros;
        return OfText(head);
    }

    private static FileKind OfMediaFile(ReadOnlySpan<byte> brand)
    {
        if (brand.StartsWith("avif"u8) || brand.StartsWith("avis"u8)) return Avif;
        return brand.StartsWith("hei"u8) || brand.StartsWith("hev"u8) || brand.StartsWith("mif1"u8) || brand.StartsWith("msf1"u8)
            ? Heif
            : Unknown;
    }

    private static FileKind OfText(ReadOnlySpan<byte> head)
    {
        int cut = head.Length == HeadLength ? 3 : 0; // the head may end within a character
        if (head.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) head = head[3..];
        if (head.StartsWith("version https://git-lfs.github.com/spec/"u8)) return GitLfsPointer;
        if (head.IsEmpty || head.ContainsAny(ControlCharacters)) return Unknown;
        bool isText = false;
        for (int end = head.Length; end >= head.Length - cut && !isText; end--) isText = Utf8.IsValid(head[..end]);
        if (!isText) return Unknown;
        string text = Encoding.UTF8.GetString(head).TrimStart();
        if (!text.StartsWith('<')) return Text;
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase)) return Svg;
        string[] marks = ["<!doctype html", "<html", "<head", "<body"];
        return marks.Any(mark => text.Contains(mark, StringComparison.OrdinalIgnoreCase)) ? Html : Text;
    }
}
