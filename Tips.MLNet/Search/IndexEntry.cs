using System.Text;

namespace Tips.MLNet.Search;

/// <summary>What an index keeps of an entry besides its row.</summary>
internal readonly record struct IndexEntry(string Id, string? Payload)
{
    /// <summary>UTF-8 that refuses what it cannot hold instead of changing it.</summary>
    public static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
