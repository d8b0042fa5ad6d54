using Tips.OnnxExport.Commands;

return await ToolCommand.RunAsync(args, Console.Out, Console.Error);
