using System.Diagnostics;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Distinguishes an unreadable picture from any other failure. What counts is where the exception was thrown, not its type: a bug in a
/// user's own transform before ours must not pass for a bad picture.
/// </summary>
internal static class UnreadablePicture
{
    private static readonly string[] Decoders = ["Microsoft.ML.ImageAnalytics", "SkiaSharp"];

    /// <summary>Whether the innermost frame outside the base class library belongs to ML.NET's image code or to SkiaSharp.</summary>
    public static bool Explains(Exception exception)
    {
        foreach (var frame in new StackTrace(exception, fNeedFileInfo: false).GetFrames())
        {
            if (frame.GetMethod()?.DeclaringType?.Assembly.GetName().Name is not { } assembly || IsBaseClassLibrary(assembly)) continue;
            return Decoders.Contains(assembly, StringComparer.Ordinal);
        }

        return false;
    }

    /// <summary>What is wrong with the picture. ML.NET calls a file that exists and cannot be decoded an invalid argument.</summary>
    public static string Reason(Exception exception) => exception is ArgumentException { ParamName: "imagePath" or "imageStream" }
        ? "it is damaged or not of a known picture format."
        : exception.Message;

    private static bool IsBaseClassLibrary(string assembly)
        => assembly is "System.Private.CoreLib" or "mscorlib" or "netstandard" || assembly.StartsWith("System.", StringComparison.Ordinal);
}
