using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>A buffer under the name it has in a graph.</summary>
/// <param name="Name">The name.</param>
/// <param name="Create">Makes the runtime's view of the buffer; whoever calls it disposes that.</param>
internal readonly record struct NamedTensor(string Name, Func<OrtValue> Create)
{
    /// <summary>Takes a buffer of floats or 64-bit integers for a tensor.</summary>
    public static NamedTensor Of<T>(string name, Memory<T> buffer, long[] shape)
        where T : unmanaged
        => new(name, () => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, buffer, shape));
}

/// <summary>An input or output that a graph must have; a dimension of −1 is any.</summary>
internal sealed record ExpectedTensor(string Name, Type ElementType, long[] Shape);

/// <summary>
/// One graph: opened by the first run, shared by all threads, closed when it was disposed and the last run has ended. ONNX Runtime
/// itself would crash the process if a session were freed under a running call.
/// </summary>
internal sealed class GraphRunner(ModelFiles files, PartManifest part, string file, TipsModelOptions options, ExpectedTensor[] inputs, ExpectedTensor[] outputs) : IDisposable
{
    private readonly Lock _lock = new();
    private InferenceSession? _session;
    private int _running;
    private bool _disposed;

    public void Run(NamedTensor input, NamedTensor[] outputs)
    {
        var session = Enter();
        try
        {
            using var runOptions = new RunOptions();
            using var inputValue = input.Create();
            var outputValues = Array.ConvertAll(outputs, o => o.Create());
            try
            {
                session.Run(runOptions, [input.Name], [inputValue], [.. outputs.Select(o => o.Name)], outputValues);
            }
            catch (OnnxRuntimeException e)
            {
                throw new InvalidOperationException($"ONNX Runtime failed on graph '{file}' of the {files.Place}: {e.Message}", e);
            }
            finally
            {
                Array.ForEach(outputValues, v => v.Dispose());
            }
        }
        finally
        {
            Exit();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            if (_running == 0) Close();
        }
    }

    private InferenceSession Enter()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(TipsModel));
            _session ??= SessionFactory.Open(files, part, file, options, inputs, outputs);
            _running++;
            return _session;
        }
    }

    private void Exit()
    {
        lock (_lock)
        {
            if (--_running == 0 && _disposed) Close();
        }
    }

    private void Close()
    {
        _session?.Dispose();
        _session = null;
    }
}
