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

    private static TestOptions BindOptions(Dictionary<string, string?> values) => OptionsBinder.BindOptions<TestOptions>(values);
}
