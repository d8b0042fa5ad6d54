namespace Tips.MLNet.Tests.Text;

[TestClass]
public class PromptTemplateTests
{
    [TestMethod]
    public void The_label_replaces_every_placeholder()
    {
        PromptTemplate template = "a {} next to a {}.";
        Assert.AreEqual("a cat next to a cat.", template.Fill("cat"));
        Assert.AreEqual("a cat next to a cat.", PromptTemplate.Create("a {} next to a {}.").Fill("cat"));
        Assert.AreEqual("cat", PromptTemplate.LabelOnly.Single().Fill("cat"));
        Assert.HasCount(9, PromptTemplate.Reference);
        Assert.AreEqual("itap of a cat.", PromptTemplate.Reference[0].Fill("cat"));
    }

    [TestMethod]
    public void A_function_is_a_template()
    {
        Func<string, string> shout = label => label.ToUpperInvariant() + "!";
        PromptTemplate template = shout;
        Assert.AreEqual("CAT!", template.Fill("cat"));
        Assert.AreEqual("CAT!", PromptTemplate.Create(shout).Fill("cat"));
    }

    [TestMethod]
    public void A_conversion_never_throws_but_using_a_bad_template_does()
    {
        PromptTemplate template = "a photo", fromNull = (string)null!, fromNullFunction = (Func<string, string>)null!;
        string message = Assert.ThrowsExactly<ArgumentException>(() => template.Fill("cat")).Message;
        Assert.Contains("The template 'a photo' has no {} for the label.", message);
        Assert.ThrowsExactly<ArgumentNullException>(() => fromNull.Fill("cat"));
        Assert.ThrowsExactly<ArgumentNullException>(() => fromNullFunction.Fill("cat"));
    }

    [TestMethod]
    public void Create_checks_at_once()
    {
        string message = Assert.ThrowsExactly<ArgumentException>(() => PromptTemplate.Create("a photo")).Message;
        Assert.Contains("The template 'a photo' has no {} for the label.", message);
        Assert.ThrowsExactly<ArgumentNullException>(() => PromptTemplate.Create((string)null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => PromptTemplate.Create((Func<string, string>)null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => PromptTemplate.Create("{}").Fill(null!));
    }
}
