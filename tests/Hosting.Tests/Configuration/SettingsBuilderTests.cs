namespace Hosting.Tests.Configuration;

public sealed class SettingsBuilderTests
{
    private readonly SettingsBuilder _settings =
        new(new OptionsSchema(TestOptions.TestShape), new Dictionary<string, string?> { ["Name"] = "default", ["Letter"] = "a" });

    [Fact]
    public void Later_setting_replaces_an_earlier_one_and_case_is_ignored()
    {
        _settings.AddSetting("name", "file", "file");
        _settings.AddSetting("NAME", "flag", "flag");

        Assert.Equal("flag", _settings.Values["Name"]);
        Assert.Equal("a", _settings.Values["Letter"]);
    }

    [Fact]
    public void Values_are_normalized_for_their_type()
    {
        _settings.AddSetting("Sink:Wait", "500ms", "flag");
        _settings.AddSetting("Sink:MaxBytes", "1Ki", "flag");

        Assert.Equal("00:00:00.5000000", _settings.Values["Sink:Wait"]);
        Assert.Equal("1024", _settings.Values["Sink:MaxBytes"]);
    }

    [Fact]
    public void Comma_separated_list_replaces_all_items_of_an_earlier_one()
    {
        _settings.AddSetting("Sink:Labels:0", "a", "file");
        _settings.AddSetting("Sink:Labels:1", "b", "file");
        _settings.AddSetting("Sink:Labels:2", "c", "file");
        _settings.AddSetting("Sink:Labels", "x, y,", "flag");

        Assert.Equal(["Letter", "Name", "Sink:Labels:0", "Sink:Labels:1"], _settings.Values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("x", _settings.Values["Sink:Labels:0"]);
        Assert.Equal("y", _settings.Values["Sink:Labels:1"]);
    }

    [Fact]
    public void Every_item_of_a_list_is_validated()
    {
        _settings.AddSetting("Sink:Ports", "80,many,443", "flag");

        var error = Assert.Single(_settings.Errors);
        Assert.Equal("Sink:Ports:1 = 'many': not a whole number in the allowed range. (in flag)", error.ToString());
    }

    [Fact]
    public void Empty_value_sets_a_text_and_is_ignored_for_other_types()
    {
        _settings.AddSetting("Name", "", "environment");
        _settings.AddSetting("Sink:Wait", "", "environment");

        Assert.Equal("", _settings.Values["Name"]);
        Assert.DoesNotContain("Sink:Wait", _settings.Values.Keys);
        Assert.Empty(_settings.Errors);
    }

    [Fact]
    public void Dictionary_and_subtree_accept_any_key()
    {
        _settings.AddSetting("Sink:Headers:X-Tenant", "one", "file");
        _settings.AddSetting("Tree:Any:Thing", "two", "file");

        Assert.Equal("one", _settings.Values["Sink:Headers:X-Tenant"]);
        Assert.Equal("two", _settings.Values["Tree:Any:Thing"]);
    }

    [Theory]
    [InlineData("Sink:Ulr", "http://x", "Sink:Ulr: unknown key. Did you mean Sink:Url? (in test.json)")]
    [InlineData(
        "Sink:Url", "nowhere", "Sink:Url = 'nowhere': not an address. Use an absolute URL, such as http://localhost:8000. (in test.json)")]
    [InlineData("Sink:Enabled", "yes", "Sink:Enabled = 'yes': neither true nor false. (in test.json)")]
    [InlineData("Routes:0:Weight", "heavy", "Routes:0:Weight = 'heavy': not a whole number in the allowed range. (in test.json)")]
    [InlineData("Console:Format", "xml", "Console:Format = 'xml': not one of json, text. (in test.json)")]
    public void Unknown_key_and_invalid_value_are_errors_that_name_the_source(string key, string value, string expected)
    {
        _settings.AddSetting(key, value, "test.json");

        Assert.Equal(expected, Assert.Single(_settings.Errors).ToString());
        Assert.DoesNotContain(key, _settings.Values.Keys);
    }
}
