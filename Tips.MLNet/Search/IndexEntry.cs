using System.Text;

namespace Tips.MLNet.Search;

/// <summary>What an index stores for an entry besides its row.</summary>
internal readonly record struct IndexEntry(string Id, string? Payload)
{
    /// <summary>UTF-8 that rejects text it cannot represent instead of changing it.</summary>
    public static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
