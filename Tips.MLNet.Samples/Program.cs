using Tips.MLNet.Samples;

return await SampleCommands.RunAsync(args, Console.Out, Console.Error);
