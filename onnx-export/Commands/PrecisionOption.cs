using System.CommandLine;
using Tips.OnnxExport.Graphs;

namespace Tips.OnnxExport.Commands;

/// <summary><c>--precision</c>.</summary>
internal static class PrecisionOption
{
    private static readonly WeightPrecision[] All = Enum.GetValues<WeightPrecision>();

    public static Option<WeightPrecision> Create() => new("--precision")
    {
        Description =
            "Numbers to compute with: fp32, the reference's; fp16, half the size, for GPUs; int8, three tenths of the size, faster on "
            + "CPUs. Default: fp32.",
        HelpName = "fp32|fp16|int8",
        CustomParser = result =>
        {
            string value = result.Tokens[0].Value;
            int index = Array.FindIndex(All, p => p.Name() == value);
            if (index >= 0) return All[index];
            result.AddError($"--precision '{value}' must be one of {string.Join(", ", All.Select(p => p.Name()))}.");
            return default;
        },
    };
}
