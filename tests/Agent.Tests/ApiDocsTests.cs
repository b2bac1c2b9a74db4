using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Agent.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace Agent.Tests;

public sealed partial class ApiDocsTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private RunningAgent Agent => shared.Agent;

    [Fact]
    public async Task Document_lists_exactly_the_mapped_routes()
    {
        var document = await DocumentAsync();
        var documented = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));

        var routes = Agent.Routes
            .Select(endpoint => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]} {endpoint.RoutePattern.RawText}")
            .Where(route => route != "GET /openapi.json");

        Assert.Equal(routes.Select(Normal).Order(StringComparer.Ordinal), documented.Select(Normal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_operation_has_a_summary_and_every_reference_resolves()
    {
        var document = await DocumentAsync();
        foreach (var operation in document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(o => o.Value!))
        {
            Assert.NotEmpty((string)operation["summary"]!);
            Assert.NotEmpty(operation["responses"]!.AsObject());
        }

        foreach (Match reference in Reference().Matches(document.ToJsonString()))
        {
            var node = reference.Groups["path"].Value.Split('/').Aggregate(document, (at, step) => at?[step]!);
            Assert.True(node is not null, reference.Value);
        }
    }

    [Fact]
    public async Task Every_example_is_accepted_by_the_agent()
    {
        var document = await DocumentAsync();
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            if (item!["post"] is { } post)
            {
                var example = post["requestBody"]!["content"]!["application/json"]!["example"]!.ToJsonString();
                var concrete = path
                    .Replace("{name}", "sentiment-linear-1", StringComparison.Ordinal)
                    .Replace("{version}", "1", StringComparison.Ordinal);
                using var response = await Agent.PostAsync(concrete, example);
                Assert.True(response.StatusCode == HttpStatusCode.OK, $"{concrete} {example}");
            }
        }
    }

    [Fact]
    public async Task Docs_page_loads_all_its_assets_from_the_agent()
    {
        using var page = await Agent.Http.GetAsync(new Uri("/docs", UriKind.Relative));
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);

        var assets = Asset().Matches(html).Select(match => match.Groups["url"].Value).ToList();
        Assert.NotEmpty(assets);
        foreach (var asset in assets)
        {
            var address = new Uri(page.RequestMessage!.RequestUri!, asset);
            Assert.Equal(Agent.Address.Authority, address.Authority);
            using var response = await Agent.Http.GetAsync(address);
            Assert.True(response.StatusCode == HttpStatusCode.OK, address.ToString());
        }
    }

    private static string Normal(string route) => route.TrimEnd('/');

    [GeneratedRegex("\"#/(?<path>[^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("(?:src|href)=\"(?<url>[^\"]+)\"")]
    private static partial Regex Asset();

    private Task<JsonNode> DocumentAsync() =>
        Agent.Http.GetAsync(new Uri("/openapi.json", UriKind.Relative)).ReadJsonAsync(HttpStatusCode.OK);
}
