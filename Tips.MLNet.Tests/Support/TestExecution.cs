#if ONNXRUNTIME_GPU
using Tips.MLNet.Models;
#endif

namespace Tips.MLNet.Tests.Support;

/// <summary>Where the tests that compare numbers with the reference run: on the GPU if the build is for one.</summary>
internal static class TestExecution
{
#if ONNXRUNTIME_GPU
    /// <summary>Options for CUDA. Ends the test as skipped if there is no GPU that can be used.</summary>
    public static TipsModelOptions Options
    {
        get
        {
            var options = new TipsModelOptions { Provider = ExecutionProvider.Cuda };
            if (Reason.Value is { } reason) Assert.Inconclusive(reason);
            return options;
        }
    }

    private static readonly Lazy<string?> Reason = new(
        () => SessionFactory.WhyUnusable(new Execution(ExecutionProvider.Cuda, DeviceId: 0, IntraOpThreads: 0, DecodingThreads: 1)));
#else
    /// <summary>The defaults.</summary>
    public static TipsModelOptions Options { get; } = new();
#endif
}
