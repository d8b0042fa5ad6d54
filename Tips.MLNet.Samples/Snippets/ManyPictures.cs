#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Embeds any number of pictures as they come, in little memory. Ctrl-C stops it.

#region program
using Tips.MLNet;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

using var model = TipsModel.Load("tips-b14");
var pictures = Directory.EnumerateFiles("photos").Order().Select(path => (ImageSource)path).ToAsyncEnumerable();
int count = 0;
await foreach (float[] embedding in model.EmbedImagesAsync(pictures, cancellationToken: stop.Token))
    count++;
Console.WriteLine($"embedded {count} pictures");
#endregion

// Output, with the tiny model of the samples:
// embedded 18 pictures
