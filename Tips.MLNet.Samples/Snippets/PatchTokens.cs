#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Reads the grid of patch embeddings of a picture, for dense tasks.

#region program
using Microsoft.ML.Data;
using Tips.MLNet;
using Tips.MLNet.Images;

using var model = TipsModel.Load("tips-b14");
using var picture = MLImage.CreateFromFile("photos/rocket1.png");
float[] pixels = new float[model.PixelValuesPerImage];
new ImagePreprocessor(model.ImageHeight, model.ImageWidth).Preprocess(picture, pixels);

float[] classTokens = new float[2 * model.EmbeddingDimension], patches = new float[model.PatchCount * model.EmbeddingDimension];
model.RunPixels(pixels, count: 1, classTokens, patches);
Console.WriteLine($"{model.PatchCount} patches, row by row, of {model.EmbeddingDimension} numbers");
#endregion

// Output, with the tiny model of the samples:
// 36 patches, row by row, of 192 numbers
