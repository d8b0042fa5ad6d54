using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>What saved pipelines say about transforms.</summary>
[TestClass]
public class SavedStateTests
{
    /// <summary>An option that is missing must not silently become false or 0.</summary>
    [TestMethod]
    public void Every_option_must_be_there()
    {
        Check(new TipsImageEmbeddingOptions(), TransformsJsonContext.Default.TipsImageEmbeddingOptions);
        Check(new TipsPatchFeaturesOptions(), TransformsJsonContext.Default.TipsPatchFeaturesOptions);
        Check(new TipsDensePredictionOptions(), TransformsJsonContext.Default.TipsDensePredictionOptions);
        Check(new TipsForegroundOptions(), TransformsJsonContext.Default.TipsForegroundOptions);
        Check(new TipsTextEmbeddingOptions(), TransformsJsonContext.Default.TipsTextEmbeddingOptions);

        static void Check<T>(T options, JsonTypeInfo<T> type)
        {
            string whole = JsonSerializer.Serialize(options, type);
            Assert.IsNotNull(JsonSerializer.Deserialize(whole, type));
            string[] names = [.. JsonNode.Parse(whole)!.AsObject().Select(p => p.Key)];
            Assert.IsGreaterThan(3, names.Length);
            foreach (string name in names)
            {
                var less = JsonNode.Parse(whole)!.AsObject();
                less.Remove(name);
                var thrown = Assert.ThrowsExactly<JsonException>(() => JsonSerializer.Deserialize(less.ToJsonString(), type));
                Assert.Contains(name, thrown.Message);
            }
        }
    }
}
