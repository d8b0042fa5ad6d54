using Tips.MLNet.Tests.Graphs;
using Tips.MLNet.Tests.Images;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Dense;

/// <summary>Wrong readings of the zero-shot protocol; each can be put into the plain reference.</summary>
[Flags]
internal enum ZeroShotFault
{
    None = 0,

    /// <summary>Attention in the last block as in the others.</summary>
    OrdinaryAttention = 1,

    /// <summary>The picture resized bilinearly.</summary>
    BilinearResize = 2,

    /// <summary>The whole picture brought to whole patches with the antialiased filter (a = −0.5).</summary>
    AntialiasedEnlarging = 4,

    /// <summary>The whole picture brought to whole patches bilinearly.</summary>
    BilinearEnlarging = 8,
}

/// <summary>Zero-shot segmentation as plainly as it can be written, in double precision. Slow.</summary>
internal sealed class ReferenceZeroShot(VisionTower tower, float[] classes, ZeroShotFault fault)
{
    private const int Size = 56, Stride = 42, Patch = 14;

    private int ClassCount => classes.Length / tower.Width;

    /// <summary>Classes × height × width probabilities at the size that the picture is resized to.</summary>
    public double[] Slide(byte[] bgra, int height, int width)
    {
        var (pixels, newHeight, newWidth) = Resized(bgra, height, width);
        double[] sums = new double[ClassCount * newHeight * newWidth];
        int[] counts = new int[newHeight * newWidth];
        foreach (int top in Starts(newHeight))
        {
            foreach (int left in Starts(newWidth))
            {
                float[] window = new float[3 * Size * Size];
                for (int i = 0; i < window.Length; i++)
                {
                    var (channel, y, x) = (i / (Size * Size), i / Size % Size, i % Size);
                    window[i] = pixels[(channel * newHeight + top + y) * newWidth + left + x];
                }

                double[] cosines = Cosines(window, Size, Size);
                for (int y = 0; y < Size; y++)
                {
                    for (int x = 0; x < Size; x++)
                    {
                        double[] values = [.. Enumerable.Range(0, ClassCount).Select(
                            c => Math.Exp(Sample(cosines.AsSpan(c * 16, 16), 4, 4, (y + 0.5) / Patch - 0.5, (x + 0.5) / Patch - 0.5)))];
                        int at = (top + y) * newWidth + left + x;
                        for (int c = 0; c < ClassCount; c++) sums[c * newHeight * newWidth + at] += values[c] / values.Sum();
                        counts[at]++;
                    }
                }
            }
        }

        return [.. sums.Select((s, i) => s / counts[i % counts.Length])];
    }

    /// <summary>Classes × rows × columns cosines on the grid of the whole picture.</summary>
    public double[] Whole(byte[] bgra, int height, int width)
    {
        var (pixels, oldHeight, oldWidth) = Resized(bgra, height, width);
        int newHeight = (oldHeight + Patch - 1) / Patch * Patch, newWidth = (oldWidth + Patch - 1) / Patch * Patch;
        float[] enlarged = new float[3 * newHeight * newWidth];
        for (int i = 0; i < enlarged.Length; i++)
        {
            var (channel, y, x) = (i / (newHeight * newWidth), i / newWidth % newHeight, i % newWidth);
            var plane = pixels.AsSpan(channel * oldHeight * oldWidth, oldHeight * oldWidth).ToArray().Select(v => (double)v).ToArray();
            double row = (y + 0.5) * oldHeight / newHeight - 0.5, column = (x + 0.5) * oldWidth / newWidth - 0.5;
            enlarged[i] = (float)(fault.HasFlag(ZeroShotFault.BilinearEnlarging)
                ? Sample(plane, oldHeight, oldWidth, row, column)
                : Cubic(plane, oldHeight, oldWidth, row, column, fault.HasFlag(ZeroShotFault.AntialiasedEnlarging) ? -0.5 : -0.75));
        }

        return Cosines(enlarged, newHeight, newWidth);
    }

    private static double Sample(ReadOnlySpan<double> plane, int height, int width, double row, double column)
    {
        double y = Math.Max(row, 0), x = Math.Max(column, 0);
        int top = Math.Min((int)y, height - 1), left = Math.Min((int)x, width - 1);
        int bottom = Math.Min(top + 1, height - 1), right = Math.Min(left + 1, width - 1);
        double down = y - top, across = x - left;
        return (1 - down) * ((1 - across) * plane[top * width + left] + across * plane[top * width + right])
            + down * ((1 - across) * plane[bottom * width + left] + across * plane[bottom * width + right]);
    }

    private static double Cubic(double[] plane, int height, int width, double row, double column, double a)
    {
        int top = (int)Math.Floor(row), left = (int)Math.Floor(column);
        double sum = 0;
        for (int y = top - 1; y <= top + 2; y++)
        {
            for (int x = left - 1; x <= left + 2; x++)
            {
                double value = plane[Math.Clamp(y, 0, height - 1) * width + Math.Clamp(x, 0, width - 1)];
                sum += value * Weight(Math.Abs(row - y)) * Weight(Math.Abs(column - x));
            }
        }

        return sum;

        double Weight(double d) => d <= 1 ? (a + 2) * d * d * d - (a + 3) * d * d + 1 : a * (d * d * d - 5 * d * d + 8 * d - 4);
    }

    private static IEnumerable<int> Starts(int side)
    {
        for (int start = 0; start + Size < side; start += Stride) yield return start;
        yield return side - Size;
    }

    private (float[] Pixels, int Height, int Width) Resized(byte[] bgra, int height, int width)
    {
        int newHeight = height <= width ? Size : Size * height / width, newWidth = height <= width ? Size * width / height : Size;
        bool bicubic = !fault.HasFlag(ZeroShotFault.BilinearResize);
        byte[] resized = ReferenceResize.Resize(bgra, width, height, newWidth, newHeight, bicubic);
        float[] planes = new float[3 * newHeight * newWidth];
        for (int i = 0; i < planes.Length; i++)
        {
            var (channel, at) = Math.DivRem(i, newHeight * newWidth);
            planes[i] = resized[at * 4 + 2 - channel] / 255f;
        }

        return (planes, newHeight, newWidth);
    }

    private double[] Cosines(float[] pixels, int height, int width)
    {
        double[][] tokens = new ReferenceTower(Fault.None).Vision(
            tower, [], pixels, height, width, valuePath: !fault.HasFlag(ZeroShotFault.OrdinaryAttention));
        int patches = tokens.Length - 2;
        double[] cosines = new double[ClassCount * patches];
        for (int i = 0; i < cosines.Length; i++)
        {
            var (c, patch) = Math.DivRem(i, patches);
            double[] token = tokens[patch + 2];
            double dot = token.Select((v, j) => v * classes[c * token.Length + j]).Sum();
            cosines[i] = dot / Math.Sqrt(token.Sum(v => v * v));
        }

        return cosines;
    }
}
