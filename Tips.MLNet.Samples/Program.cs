using Tips.CommandLine;
using Tips.MLNet.Samples;
using Tips.MLNet.Samples.Common;

PlainTerminal.Prepare();
using var signals = new TerminationSignals();
Console.SetError(new ForgivingWriter(Console.Error));
int code = await SampleCommands.RunAsync(args, StandardOutput.Open(), Console.Error, cancellationToken: signals.Token);
return code == SampleCommands.Canceled ? signals.ExitCode ?? code : code;
