using System.Text;

namespace Tips.MLNet.Tests.Formula;

/// <summary>
/// Weights and pictures that any language can compute bit for bit, so that full-size towers can be tested without shipping gigabytes. The
/// reference implementation made the golden outputs from these values.
/// </summary>
internal static class FormulaValues
{
    private const ulong FnvOffset = 0xcbf29ce484222325, FnvPrime = 0x100000001b3;

    /// <summary>Fills in all elements of the tensor <paramref name="key"/>, in C order.</summary>
    public static void Fill(string key, ReadOnlySpan<int> shape, ulong seed, Span<float> destination)
    {
        ulong start = Fnv1A64(key) + seed;
        var (offset, scale) = Range(key, shape);
        for (int i = 0; i < destination.Length; i++) destination[i] = offset + scale * Unit(start + (ulong)i);
    }

    /// <summary>A picture of random bytes, height × width × RGB.</summary>
    public static byte[] Picture(string name, int height, int width, ulong seed)
    {
        ulong start = Fnv1A64(name) + seed;
        byte[] pixels = new byte[height * width * 3];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(Mix(start + (ulong)i) >> 56);
        return pixels;
    }

    private static (float Offset, float Scale) Range(string key, ReadOnlySpan<int> shape)
    {
        string[] parts = key.Split('.');
        bool isWeight = parts[^1] == "weight";
        if (key.Contains("gamma", StringComparison.Ordinal) || (isWeight && IsNorm(parts[^2]))) return (1f, 0.1f);
        if (key is "pos_embed" or "cls_token" or "register_tokens" or "mask_token") return (0f, 0.5f);
        if (parts[^1].Contains("bias", StringComparison.Ordinal)) return (0f, 0.1f);
        if (key == "token_embedding.weight") return (0f, (float)Math.Sqrt(3.0 / shape[1]));
        int fanIn = 1;
        foreach (int dimension in shape[1..]) fanIn *= dimension;
        return (0f, (float)Math.Sqrt(3.0 / fanIn));
    }

    private static bool IsNorm(string part)
        => part.StartsWith("norm", StringComparison.Ordinal) || part.StartsWith("ln_", StringComparison.Ordinal);

    private static float Unit(ulong x) => (float)(Mix(x) >> 40) * 1.1920928955078125e-07f - 1f; // 2^-23: exact, in [-1, 1)

    private static ulong Fnv1A64(string key)
    {
        ulong hash = FnvOffset;
        foreach (byte b in Encoding.UTF8.GetBytes(key)) hash = (hash ^ b) * FnvPrime;
        return hash;
    }

    private static ulong Mix(ulong x)
    {
        ulong z = x + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
