#:project ../../Tips.MLNet/Tips.MLNet.csproj
#:package Microsoft.ML.OnnxRuntime

// Looks for near duplicates and for wrong labels.

#region program
using Tips.MLNet;
using Tips.MLNet.Quality;

string[] names = ["banana", "dolphin", "hamburger", "rocket", "strawberry", "trumpet"];
string[] paths = [.. Directory.GetFiles("photos").Order(StringComparer.Ordinal)];
int[] labels = [.. paths.Select(path => Array.FindIndex(names, name => path.Contains(name)))];
labels[4] = 0; // a mistake: a dolphin is labeled "banana"

using var model = TipsModel.Load("tips-b14");
float[] embeddings = [.. model.EmbedImages(paths.Select(path => (ImageSource)path)).SelectMany(e => e)];
foreach (var group in DuplicateGroups.FindNear(embeddings, model.EmbeddingDimension, threshold: 0.97f).Groups)
    Console.WriteLine($"near duplicates: {string.Join(", ", group.Members.Select(row => paths[row]))}");

var copies = DuplicateGroups.FindNear(embeddings, model.EmbeddingDimension, threshold: 0.99f);   // copies have no vote for each other
int neighbors = LeaveOneOutVotes.SuggestNeighbors(labels, names.Length);
float[] votes = LeaveOneOutVotes.Compute(embeddings, model.EmbeddingDimension, labels, names.Length, neighbors, copies);
foreach (var issue in ConfidentLearning.Find(votes, labels, names.Length).Issues)
    Console.WriteLine($"{paths[issue.Row]} is labeled {names[issue.Given]}, but looks like a {names[issue.Suggested]}");
#endregion

// Output, with the tiny model of the samples:
// near duplicates: photos/hamburger2.png, photos/hamburger3.png
// photos/dolphin2.png is labeled banana, but looks like a dolphin
