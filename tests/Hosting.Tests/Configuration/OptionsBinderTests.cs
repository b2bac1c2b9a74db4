namespace Hosting.Tests.Configuration;

public sealed class OptionsBinderTests
{
    [Fact]
    public void Options_without_settings_have_their_defaults()
    {
        var options = BindOptions([]);

        Assert.Equal("test", options.Name);
        Assert.Equal(["app", "pod"], options.Sink.Labels);
        Assert.Equal([80], options.Sink.Ports);
    }

    [Fact]
    public void Configured_list_replaces_its_default()
    {
        var options = BindOptions(new() { ["Sink:Labels:0"] = "one", ["sink:ports:0"] = "1", ["Sink:Ports:1"] = "2" });

        Assert.Equal(["one"], options.Sink.Labels);
        Assert.Equal([1, 2], options.Sink.Ports);
    }

    [Fact]
    public void Sections_dictionaries_and_renamed_keys_are_bound()
    {
        var options = BindOptions(new()
        {
            ["LOG_FILE"] = "/log",
            ["Sink:Url"] = "http://x/",
            ["Sink:Headers:X-Tenant"] = "one",
            ["Routes:0:Host"] = "a",
            ["Routes:1:Host"] = "b",
            ["Routes:1:Weight"] = "5",
            ["Tree:Any:Thing"] = "two",
        });

        Assert.Equal("/log", options.LogFile);
        Assert.Equal(new Uri("http://x/"), options.Sink.Url);
        Assert.Equal("one", options.Sink.Headers["X-Tenant"]);
        Assert.Equal([("a", 1), ("b", 5)], options.Routes.Select(route => (route.Host, route.Weight)));
        Assert.Equal("two", options.Tree!["Any:Thing"]);
    }

    [Fact]
    public void Values_of_every_type_are_bound()
    {
        var options = BindOptions(new()
        {
            ["Sink:Share"] = "0.5",
            ["Sink:Offset"] = "9000000000",
            ["Sink:Format"] = "Text",
            ["Sink:Enabled"] = "True",
            ["Sink:Wait"] = "00:00:01.5000000",
        });

        Assert.Equal(
            (0.5, 9_000_000_000, ConsoleFormat.Text, true, TimeSpan.FromSeconds(1.5)),
            (options.Sink.Share, options.Sink.Offset, options.Sink.Format, options.Sink.Enabled, options.Sink.Wait));
    }

    [Fact]
    public void Entry_of_a_dictionary_keeps_the_defaults_of_its_other_keys()
    {
        var options = BindOptions(new() { ["Sink:Named:default:Weight"] = "3", ["Sink:Named:other:Host"] = "o" });

        Assert.Equal(
            [("default", "d", 3), ("other", "o", 1)],
            options.Sink.Named.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value.Host, entry.Value.Weight)));
    }

    [Fact]
    public void Null_clears_an_optional_value_and_leaves_the_default_of_others()
    {
        var options = BindOptions(new()
        {
            ["Name"] = null,
            ["Letter"] = null,
            ["Sink:Offset"] = null,
            ["Sink:Ports:0"] = null,
            ["Sink:Ports:1"] = "81",
            ["Sink:Headers:X-Tenant"] = null,
        });

        Assert.Equal((null, "a", 7), (options.Name, options.Letter, options.Sink.Offset));
        Assert.Equal([81], options.Sink.Ports);
        Assert.Empty(options.Sink.Headers);
    }

    private static TestOptions BindOptions(Dictionary<string, string?> values) => OptionsBinder.BindOptions<TestOptions>(values);
}
