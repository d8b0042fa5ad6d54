// FuzzProgram FOLDER COUNT SEED: damages the folder's pictures COUNT times, in turn, and decodes what is left. A picture is either decoded
// or refused; anything else, or a picture that takes too long, ends the program with an error. In a process of its own, because a decoder
// that reads beyond its input ends the process.
using System.Diagnostics;
using System.Globalization;
using Tips.MLNet;

string[] files = [.. Directory.GetFiles(args[0]).Order(StringComparer.Ordinal)];
int count = int.Parse(args[1], CultureInfo.InvariantCulture);
var random = new Random(int.Parse(args[2], CultureInfo.InvariantCulture));
var longest = TimeSpan.FromSeconds(20);
int decoded = 0, refused = 0;
for (int i = 0; i < count; i++)
{
    string file = files[i % files.Length];
    byte[] bytes = File.ReadAllBytes(file);
    if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
    else Flip(bytes, random);
    string name = $"{Path.GetFileName(file)}, damaged as number {i}";
    var clock = Stopwatch.StartNew();
    try
    {
        ImageSource.FromBytes(bytes, name).Decode().Dispose();
        decoded++;
    }
    catch (InvalidDataException e) when (e.Message.StartsWith($"Picture '{name}' cannot be read: ", StringComparison.Ordinal))
    {
        refused++;
    }

    if (clock.Elapsed > longest) throw new TimeoutException($"{name} took {clock.Elapsed.TotalSeconds:F1} s.");
}

Console.WriteLine($"{decoded} decoded, {refused} refused");
return decoded > 0 && refused > 0 ? 0 : 1;

// Most bits near the beginning, where the headers are.
static void Flip(byte[] bytes, Random random)
{
    int flips = random.Next(1, 9);
    for (int i = 0; i < flips; i++)
    {
        int end = random.Next(2) == 0 ? Math.Min(bytes.Length, 64) : bytes.Length;
        bytes[random.Next(end)] ^= (byte)(1 << random.Next(8));
    }
}
