using Microsoft.Extensions.Configuration;

namespace Hosting.Tests.Configuration;

public sealed class EffectiveOptionsTests
{
    [Fact]
    public void Values_of_every_kind_are_listed_with_their_keys()
    {
        var tree = new ConfigurationBuilder().AddInMemoryCollection([new("Tree:Any:Thing", "two")]).Build().GetSection("Tree");
        var options = new TestOptions { Routes = [new() { Host = "h" }], Tree = tree, Sink = { Headers = { ["X-Tenant"] = "one" } } };

        var values = EffectiveOptions.ListValues(TestOptions.TestShape, options).ToDictionary(entry => entry.Key, entry => entry.Value);

        Assert.Equal("h", values["Routes:0:Host"]);
        Assert.Equal("two", values["Tree:Any:Thing"]);
        Assert.Equal("one", values["Sink:Headers:X-Tenant"]);
        Assert.Equal("pod", values["Sink:Labels:1"]);
        Assert.Equal("2", values["Sink:Named:default:Weight"]);
        Assert.Equal("json", values["Sink:Format"]);
        Assert.Equal("false", values["Sink:Enabled"]);
        Assert.Equal("00:00:05", values["Sink:Wait"]);
        Assert.Null(values["Sink:Url"]);
        Assert.Equal("0", values["Management:Port"]);
    }
}
