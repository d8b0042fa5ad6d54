#if ONNXRUNTIME_GPU
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Encoders;

/// <summary>Models on a GPU. The tests that compare numbers with the reference run there, too, in a build for CUDA.</summary>
[TestClass]
public class CudaTests
{
    [TestMethod]
    public void The_GPU_gives_what_the_CPU_gives()
    {
        using var gpu = TipsModel.Load(TestModels.TinyFolder, TestExecution.Options, warmUp: true);
        using var cpu = TestModels.LoadTiny();
        Assert.AreEqual(ExecutionProvider.Cuda, gpu.Provider);
        ImageSource[] pictures = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Select(ImageSource.FromFile)];
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => string.Join(' ', Enumerable.Repeat("a red apple", i % 9)))];
        Compare(cpu.EmbedImages(pictures, ClassToken.Both), gpu.EmbedImages(pictures, ClassToken.Both));
        Compare(cpu.EmbedTexts(texts), gpu.EmbedTexts(texts));

        static void Compare(float[][] expected, float[][] actual)
        {
            for (int i = 0; i < expected.Length; i++) Close.AreClose(expected[i], actual[i], 1e-5f, $"item {i}");
        }
    }

    [TestMethod]
    public void Many_threads_share_one_GPU()
    {
        using var model = TipsModel.Load(TestModels.TinyFolder, TestExecution.Options);
        string[] files = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Take(16)];
        float[][] alone = [.. files.Select(file => model.EmbedImage(file))];
        Parallel.For(0, 256, i => Close.AreClose(alone[i % 16], model.EmbedImage(files[i % 16]), 1e-6f));
    }

    [TestMethod]
    public void A_GPU_that_is_not_there_is_named_when_the_model_is_warmed_up()
    {
        var options = new TipsModelOptions { Provider = TestExecution.Options.Provider, DeviceId = 77 };
        Assert.Contains(
            "device 77",
            Assert.ThrowsExactly<InvalidOperationException>(() => TipsModel.Load(TestModels.TinyFolder, options, warmUp: true)).Message);
    }
}
#endif
