using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>
/// One graph: opened by the first run, shared by all threads, closed once it is disposed and the last run has ended. ONNX Runtime itself
/// would crash the process if a session were freed during a call.
/// </summary>
internal sealed class GraphRunner : IDisposable
{
    private readonly Func<InferenceSession> _open;
    private readonly string _description;
    private readonly CallCounter _calls;
    private InferenceSession? _session;

    /// <param name="owner">What the graph belongs to, which an <see cref="ObjectDisposedException"/> names.</param>
    /// <param name="files">Where the graph's file is.</param>
    /// <param name="part">The part that the graph belongs to.</param>
    /// <param name="file">The graph's file.</param>
    /// <param name="execution">Where it runs.</param>
    /// <param name="inputs">Inputs that the graph must have.</param>
    /// <param name="outputs">Outputs that the graph must have.</param>
    public GraphRunner(
        Type owner,
        ModelFiles files,
        PartManifest part,
        string file,
        Execution execution,
        ExpectedTensor[] inputs,
        ExpectedTensor[] outputs)
    {
        _open = () => SessionFactory.Open(files, part, file, execution, inputs, outputs);
        _description = $"graph '{file}' of the {files.Place}";
        _calls = new CallCounter(owner, () => _session?.Dispose());
    }

    /// <summary>Opens the session now instead of at the first run.</summary>
    public void Open() => Enter().Dispose();

    /// <summary>Runs the graph.</summary>
    /// <exception cref="OperationCanceledException">The run was canceled; the outputs hold no result.</exception>
    public void Run(NamedTensor[] inputs, NamedTensor[] outputs, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var call = Enter();
        using var runOptions = new RunOptions();
        var inputValues = Array.ConvertAll(inputs, i => i.Create());
        var outputValues = Array.ConvertAll(outputs, o => o.Create());
        try
        {
            using var registration = cancellationToken.Register(() => runOptions.Terminate = true);
            _session!.Run(
                runOptions, [.. inputs.Select(i => i.Name)], inputValues, [.. outputs.Select(o => o.Name)], outputValues);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidOperationException($"ONNX Runtime failed on {_description}: {e.Message}", e);
        }
        finally
        {
            foreach (var value in (OrtValue[])[.. inputValues, .. outputValues]) value.Dispose();
        }
    }

    public void Dispose() => _calls.Dispose();

    private CallCounter.Call Enter() => _calls.Enter(() => _session ??= _open());
}
