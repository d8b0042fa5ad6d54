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
    private readonly Lock _lock = new();
    private InferenceSession? _session;
    private int _running;
    private bool _disposed;

    /// <param name="files">Where the graph's file is.</param>
    /// <param name="part">The part that the graph belongs to.</param>
    /// <param name="file">The graph's file.</param>
    /// <param name="execution">Where it runs.</param>
    /// <param name="inputs">Inputs that the graph must have.</param>
    /// <param name="outputs">Outputs that the graph must have.</param>
    public GraphRunner(
        ModelFiles files, PartManifest part, string file, Execution execution, ExpectedTensor[] inputs, ExpectedTensor[] outputs)
    {
        _open = () => SessionFactory.Open(files, part, file, execution, inputs, outputs);
        _description = $"graph '{file}' of the {files.Place}";
    }

    /// <summary>Opens the session now instead of at the first run.</summary>
    public void Open()
    {
        Enter();
        Exit();
    }

    /// <summary>Runs the graph.</summary>
    /// <exception cref="OperationCanceledException">The run was canceled; the outputs hold no result.</exception>
    public void Run(NamedTensor input, NamedTensor[] outputs, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var session = Enter();
        try
        {
            using var runOptions = new RunOptions();
            using var inputValue = input.Create();
            var outputValues = Array.ConvertAll(outputs, o => o.Create());
            try
            {
                using var registration = cancellationToken.Register(() => runOptions.Terminate = true);
                session.Run(runOptions, [input.Name], [inputValue], [.. outputs.Select(o => o.Name)], outputValues);
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
            ObjectDisposedException.ThrowIf(_disposed, this);
            _session ??= _open();
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
