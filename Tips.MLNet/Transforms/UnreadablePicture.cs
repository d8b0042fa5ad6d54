using System.Diagnostics;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Distinguishes an unreadable picture from any other failure. What counts is who threw the exception and who called that, not its type: a
/// bug in a user's own transform before ours must not pass for a bad picture.
/// </summary>
internal static class UnreadablePicture
{
    private static readonly string[] Decoders = ["Microsoft.ML.ImageAnalytics", "SkiaSharp"];

    /// <summary>
    /// Whether ML.NET's image code or SkiaSharp threw it, either because it could not decode a file, or when called by ML.NET's code and
    /// ours only. What says that there is no memory, or no native library, is no fault of the picture.
    /// </summary>
    /// <param name="exception">What was caught; its stack ends where it was caught.</param>
    public static bool Explains(Exception exception)
    {
        if (exception is OutOfMemoryException or TypeInitializationException or DllNotFoundException or EntryPointNotFoundException
            or BadImageFormatException)
        {
            return false;
        }

        string[] assemblies =
        [
            .. new StackTrace(exception, fNeedFileInfo: false).GetFrames()
                .Select(frame => frame.GetMethod()?.DeclaringType?.Assembly.GetName().Name)
                .OfType<string>()
                .Where(assembly => !IsBaseClassLibrary(assembly)),
        ];
        bool fromDecoder = assemblies.Length > 0 && Decoders.Contains(assemblies[0], StringComparer.Ordinal);
        return fromDecoder && (CannotDecode(exception) || assemblies.All(IsPlumbing));
    }

    /// <summary>What is wrong with the picture. ML.NET calls a file that exists and cannot be decoded an invalid argument.</summary>
    public static string Reason(Exception exception)
        => CannotDecode(exception) ? "it is damaged or not of a known picture format." : exception.Message;

    private static bool CannotDecode(Exception exception) => exception is ArgumentException { ParamName: "imagePath" or "imageStream" };

    private static bool IsPlumbing(string assembly)
        => assembly is "SkiaSharp" or "Tips.MLNet" || assembly.StartsWith("Microsoft.ML.", StringComparison.Ordinal);

    private static bool IsBaseClassLibrary(string assembly)
        => assembly is "System.Private.CoreLib" or "mscorlib" or "netstandard" || assembly.StartsWith("System.", StringComparison.Ordinal);
}
