#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Looks at the tokens of a text.

#region program
using Tips.MLNet;

using var model = TipsModel.Load("tips-b14");
int[] ids = new int[64];
int count = model.Tokenizer.Encode("Two dolphins", ids);
foreach (int id in ids.AsSpan(0, count)) Console.WriteLine($"{id}  {model.Tokenizer.GetPiece(id)}");
#endregion

// Output, with the tiny model of the samples:
// 220  ▁two
// 956  ▁dolphin
// 11  s
