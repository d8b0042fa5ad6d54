// AotProgram MODEL PICTURE TEXT: embeds a picture and a text and searches for the text in an index that holds the picture. Prints their
// cosine, the picture's embedding and the text's, a line each. Like every program that needs no training, it does without pipelines.
using System.Globalization;
using Tips.MLNet;

using var model = TipsModel.Load(args[0]);
float[] picture = model.EmbedImage(args[1]), text = model.EmbedText(args[2]);
using var index = new EmbeddingIndex(model.EmbeddingDimension);
index.Add("picture", picture);
Print([index.Search(text, count: 1)[0].Similarity]);
Print(picture);
Print(text);

static void Print(float[] values) => Console.WriteLine(string.Join(' ', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture))));
