#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Finds where in a picture something is: compares each patch with a text, and with a patch of another picture.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
var options = new PatchOptions { Input = PatchInput.ShortSide(112) };
var patches = model.EmbedPatches("photos/rocket1.png", options);

var map = SimilarityMap.Compute(patches, model.EmbedText("a rocket"));
var (row, column, similarity) = map.Best;
Console.WriteLine($"most like 'a rocket': row {row}, column {column} of {map.Rows}x{map.Columns}, {similarity:F2}");

var other = model.EmbedPatches("photos/rocket2.png", options);
var likeOther = SimilarityMap.Compute(patches, other[4, 4]);
Console.WriteLine($"most like the middle of another rocket: row {likeOther.Best.Row}, column {likeOther.Best.Column}");
#endregion

// Output, with the tiny model of the samples:
// most like 'a rocket': row 5, column 3 of 8x8, 0.42
// most like the middle of another rocket: row 4, column 3
