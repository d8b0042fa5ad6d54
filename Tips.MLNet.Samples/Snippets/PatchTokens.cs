#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Reads the grid of patch embeddings of a picture, and colors its patches by their principal components.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
var patches = model.EmbedPatches("photos/rocket1.png");
Console.WriteLine($"{patches.Rows} rows of {patches.Columns} patches, each {patches.Dimension} numbers");

float[] colors = PatchPca.Fit([patches]).Color(patches);
Console.WriteLine($"the first patch: red {colors[0]:F2}, green {colors[1]:F2}, blue {colors[2]:F2}");
#endregion

// Output, with the tiny model of the samples:
// 6 rows of 6 patches, each 192 numbers
// the first patch: red 0.08, green 0.39, blue 0.19
