using System.Net;
using MetricsRelay.Exposition;
using MetricsRelay.Federation;

namespace MetricsRelay.Tests.Federation;

public sealed class SelectorTests
{
    [Theory]
    [InlineData("up", true)]
    [InlineData("upp", false)]
    [InlineData(" up { } ", true)]
    [InlineData("up{a=\"1\"}", true)]
    [InlineData("up{a='1',}", true)]
    [InlineData("up{a=`1`, b!=\"3\"}", true)]
    [InlineData("up{a!=\"1\"}", false)]
    [InlineData("{__name__=\"up\"}", true)]
    [InlineData("{__name__=~\"u.\"}", true)]
    [InlineData("{__name__=~\"u\"}", false)]
    [InlineData("{a=~\"1|2\"}", true)]
    [InlineData("{a!~\"1|2\",b=\"2\"}", false)]
    [InlineData("up{missing=\"\"}", true)]
    [InlineData("up{missing!=\"\"}", false)]
    [InlineData("{\"up\",a=\"1\"}", true)]
    [InlineData("{b=~\"\\\\d\"}", true)]
    public void Selector_matches_the_same_series_as_in_prometheus(string text, bool matches) =>
        Assert.Equal(matches, SelectorParser.ParseSelector(text).MatchesSeries("up", [new Label("a", "1"), new Label("b", "2")]));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{a=~\".*\"}")]
    [InlineData("{a=\"\"}")]
    [InlineData("up{")]
    [InlineData("up{a}")]
    [InlineData("up{a=1}")]
    [InlineData("up{a=\"1}")]
    [InlineData("up{a=~\"(\"}")]
    [InlineData("up{a=\"1\" b=\"2\"}")]
    [InlineData("up[5m]")]
    [InlineData("rate(up)")]
    [InlineData("1up")]
    public void Text_that_is_not_an_instant_selector_is_rejected(string text) =>
        Assert.Throws<SelectorException>(() => SelectorParser.ParseSelector(text));

    [Fact]
    public async Task Federate_returns_the_matching_series_with_their_metadata()
    {
        await using var target = await FakeTarget.StartAsync("# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b gauge\nb 3\n# TYPE c gauge\nc 4\n");
        await using var relay = await RelayProcess.StartAsync($"--Scrape:Targets={target.Url}");

        var text = await relay.GetAsync("/federate?match[]=a{x=\"2\"}&match[]=c");
        using var rejected = await relay.Client.GetAsync(new Uri("/federate?match[]=a{", UriKind.Relative));

        Assert.Equal("# TYPE a gauge\na{x=\"2\"} 2\n# TYPE c gauge\nc 4\n", text);
        Assert.Equal("", await relay.GetAsync("/federate"));
        Assert.Equal(HttpStatusCode.BadRequest, rejected.StatusCode);
        Assert.Contains("character 3", await rejected.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
