namespace Hosting.Tests.Configuration;

public sealed class OptionsSchemaTests
{
    private readonly OptionsSchema _schema = new(typeof(TestOptions));

    [Theory]
    [InlineData("sink:url", "Sink:Url")]
    [InlineData("LOG_FILE", "LOG_FILE")]
    [InlineData("Sink:Labels", "Sink:Labels")]
    [InlineData("Sink:Labels:3", "Sink:Labels")]
    [InlineData("Sink:Headers:X-Tenant", "Sink:Headers:*")]
    [InlineData("Routes:0:Host", "Routes:*:Host")]
    [InlineData("Tree:Any:Thing", "Tree")]
    [InlineData("LogFile", null)]
    [InlineData("Sink", null)]
    [InlineData("Sink:Url:Host", null)]
    [InlineData("Sink:Labels:first", null)]
    public void Key_is_found_by_its_configured_name(string key, string? expected) => Assert.Equal(expected, _schema.FindKey(key)?.Name);

    [Theory]
    [InlineData("Sink:Ulr", "Sink:Url")]
    [InlineData("sink:maxbites", "Sink:MaxBytes")]
    [InlineData("Nmae", "Name")]
    [InlineData("SomethingElse", null)]
    public void Similar_key_is_suggested_for_a_misspelled_one(string key, string? expected) =>
        Assert.Equal(expected, _schema.FindSimilarKey(key));

    [Theory]
    [InlineData("Sink", true)]
    [InlineData("Routes:0", true)]
    [InlineData("Sink:Url", false)]
    [InlineData("Nothing", false)]
    public void Section_is_the_first_part_of_a_key(string section, bool expected) => Assert.Equal(expected, _schema.HasSection(section));

    [Theory]
    [InlineData("Sink:Pin", true)]
    [InlineData("Sink:Headers:Authorization", true)]
    [InlineData("Sink:Headers:X-Api-Key", true)]
    [InlineData("Sink:PasswordFile", false)]
    [InlineData("Sink:Url", false)]
    public void Secret_is_marked_or_has_the_name_of_one(string key, bool expected) => Assert.Equal(expected, _schema.IsSecret(key));
}
