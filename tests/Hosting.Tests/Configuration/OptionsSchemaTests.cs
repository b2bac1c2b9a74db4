namespace Hosting.Tests.Configuration;

public sealed class OptionsSchemaTests
{
    private readonly OptionsSchema _schema = new(TestOptions.TestShape);

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

    [Theory]
    [InlineData("Name", "The name.")]
    [InlineData("Sink:MaxBytes", "The most bytes.")]
    [InlineData("Sink:Headers:X-Tenant", "Headers by name.")]
    [InlineData("LOG_FILE", "The path of the log; see Url & others, or null.")]
    [InlineData("Sink:Url", "")]
    [InlineData("Management:Port", "TCP port; 0 selects a free one and logs it. The default depends on the process (8001-8005, 9090).")]
    public void Description_of_a_key_is_the_summary_of_its_property(string key, string expected) =>
        Assert.Equal(expected, _schema.FindKey(key)!.Description);

    [Theory]
    [InlineData("Sink:Share", typeof(double), OptionsKeyKind.Scalar)]
    [InlineData("Sink:Offset", typeof(long), OptionsKeyKind.Scalar)]
    [InlineData("Sink:Format", typeof(ConsoleFormat), OptionsKeyKind.Scalar)]
    [InlineData("Sink:Ports", typeof(int), OptionsKeyKind.List)]
    [InlineData("Sink:Labels", typeof(string), OptionsKeyKind.List)]
    [InlineData("Sink:Named:one:Weight", typeof(int), OptionsKeyKind.Scalar)]
    [InlineData("Tree", typeof(string), OptionsKeyKind.Subtree)]
    public void Type_and_kind_of_a_key_follow_its_property(string key, Type valueType, object kind)
    {
        var known = _schema.FindKey(key)!;

        Assert.Equal((valueType, kind), (known.ValueType, known.Kind));
    }

    [Fact]
    public void Keys_of_the_class_come_before_the_common_ones()
    {
        Assert.Equal("LOG_FILE", _schema.Keys[0].Name);
        Assert.Equal("Logging:LogLevel:*", _schema.Keys[^1].Name);
    }
}
