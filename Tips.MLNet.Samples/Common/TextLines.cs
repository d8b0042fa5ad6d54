using System.Text;
using System.Threading.Channels;

namespace Tips.MLNet.Samples.Common;

/// <summary>The lines of UTF-8 text.</summary>
internal static class TextLines
{
    private const int MostAhead = 1024;

    /// <summary>Reads a file.</summary>
    public static IEnumerable<string> Read(string file)
    {
        if (!File.Exists(file)) throw new SampleException($"There is no file '{file}'.");
        return Lines(File.OpenRead(file), $"File '{file}'");
    }

    /// <summary>
    /// Reads standard input on a thread of its own: reading from a terminal or a pipe cannot be interrupted, but waiting for it can.
    /// </summary>
    public static IAsyncEnumerable<string> ReadInput(Func<Stream> openInput, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<string>(MostAhead);
        var thread = new Thread(Copy) { IsBackground = true, Name = "standard input" };
        thread.Start();
        return channel.Reader.ReadAllAsync(cancellationToken);

        void Copy()
        {
            try
            {
                foreach (string line in Lines(openInput(), "Standard input"))
                    channel.Writer.WriteAsync(line, cancellationToken).AsTask().Wait(cancellationToken);
                channel.Writer.Complete();
            }
            catch (Exception e)
            {
                channel.Writer.Complete(e); // the reader throws it
            }
        }
    }

    private static IEnumerable<string> Lines(Stream stream, string name)
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        using var reader = new StreamReader(stream, strict);
        for (int number = 1; ; number++)
        {
            string? line;
            try
            {
                line = reader.ReadLine();
            }
            catch (DecoderFallbackException)
            {
                throw new SampleException($"{name} is not UTF-8, at line {number} or soon after it.");
            }

            if (line is null) yield break;
            yield return line;
        }
    }
}
