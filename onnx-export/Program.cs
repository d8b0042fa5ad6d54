using Tips.CommandLine;
using Tips.OnnxExport.Commands;

PlainTerminal.Prepare();
using var signals = new TerminationSignals();
Console.SetError(new ForgivingWriter(Console.Error));
int code = await ToolCommand.RunAsync(args, Console.Out, Console.Error, cancellationToken: signals.Token);
return code == ToolCommand.Canceled ? signals.ExitCode ?? code : code;
