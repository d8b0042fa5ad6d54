#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Embeds pictures that are not files: uploaded bytes and streams.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");

byte[] upload = File.ReadAllBytes("photos/rocket1.png");        // such as the body of a request
float[] fromBytes = model.EmbedImage(upload);

using var stream = File.OpenRead("photos/rocket1.png");         // such as IFormFile.OpenReadStream()
float[] fromStream = model.EmbedImage(ImageSource.FromStream(stream, name: "rocket1.png"));

Console.WriteLine($"the same: {fromBytes.SequenceEqual(fromStream)}");
#endregion

// Output, with the tiny model of the samples:
// the same: True
