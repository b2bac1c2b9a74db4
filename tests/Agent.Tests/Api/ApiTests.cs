using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.Api;

/// <summary>Every endpoint of the client port behaves as its OpenAPI document describes.</summary>
public sealed class ApiTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private RunningAgent Agent => shared.Agent;

    [Fact]
    public async Task Every_documented_operation_answers_its_example_as_documented()
    {
        var document = await GetAsync("/openapi.json");
        var operations = 0;
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                operations++;
                using var response = await SendAsync(method, FillPath(path), FindExample(operation!));
                var body = await response.Content.ReadAsStringAsync();
                var documented = operation!["responses"]!["200"]!["content"]!.AsObject();

                Assert.True(response.StatusCode == HttpStatusCode.OK, $"{method} {path}: {(int)response.StatusCode} {body}");
                Assert.Equal(documented.First().Key, response.Content.Headers.ContentType?.MediaType);
                Assert.Matches("^[0-9a-f]{32}$", response.Headers.GetValues("X-Request-Id").Single());
                if (documented.First().Value!["schema"] is { } schema && documented.First().Key == "application/json")
                {
                    Assert.True(
                        MatchesSchema(document, schema, JsonNode.Parse(body)), $"{method} {path}: {body} is not {schema.ToJsonString()}");
                }
            }
        }

        Assert.Equal(13, operations);
    }

    [Fact]
    public async Task Every_documented_operation_rejects_invalid_bodies_as_documented()
    {
        var document = await GetAsync("/openapi.json");
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            if (item!["post"] is not { } post)
            {
                continue;
            }

            var isV2 = path.StartsWith("/v2", StringComparison.Ordinal);
            var good = Encoding.UTF8.GetBytes(FindExample(post)!);
            (int Status, byte[] Body, string Type)[] bad =
            [
                (isV2 ? 400 : 422, "{}"u8.ToArray(), "application/json"),
                (isV2 ? 400 : 422, "{\"text\":"u8.ToArray(), "application/json"),
                (isV2 ? 400 : 422, [], "application/json"),
                (400, [.. "{\"text\":\""u8, 0xff, .. "\"}"u8], "application/json"),
                (415, good, "text/plain"),
            ];
            foreach (var (status, body, type) in bad)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, FillPath(path)) { Content = new ByteArrayContent(body) };
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
                using var response = await Agent.Http.SendAsync(request);
                var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

                Assert.True(
                    (int)response.StatusCode == status, $"{path} {Encoding.Latin1.GetString(body)}: {(int)response.StatusCode} {answer}");
                Assert.NotNull(post["responses"]![$"{status}"]);
                Assert.Equal([isV2 ? "error" : "detail"], answer.AsObject().Select(field => field.Key));
            }

            using var get = await SendAsync("get", FillPath(path), null);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
            Assert.Equal(["POST"], get.Content.Headers.Allow);
        }
    }

    [Fact]
    public async Task Text_batch_and_stream_predict_the_same_and_are_all_logged()
    {
        var single = JsonNode.Parse(await ReadAsync("/inference", """{"text":"this is terrible"}"""))!;
        var batch = JsonNode.Parse(await ReadAsync("/inference/batch", """{"texts":["this is terrible","what a lovely day"]}"""))!;
        var stream = await ReadAsync("/inference/stream", """{"text":"this is terrible"}""");
        var events = stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        var last = JsonNode.Parse(events[^2]["data: ".Length..])!;

        Assert.Equal("negative", (string?)single["prediction"]);
        Assert.Equal(["negative", "positive"], batch["predictions"]!.AsArray().Select(p => (string)p!["prediction"]!));
        Assert.Equal("negative", (string?)last["prediction"]);
        Assert.Equal((double)single["score"]!, (double)last["score"]!);
        Assert.Equal("data: [DONE]", events[^1]);
        string[] ids = [(string)single["request_id"]!, (string)batch["request_id"]!, (string)last["request_id"]!];
        await Eventually.AssertAsync(
            () => ids.All(id => Agent.ReadLogLines().Any(line => (string?)line["request_id"] == id)), "every request is logged");
    }

    [Fact]
    public async Task Client_port_serves_docs_and_hello_but_no_management_paths()
    {
        Assert.Equal("agent", (string?)(await GetAsync("/"))["name"]);
        using var docs = await SendAsync("get", "/docs", null);
        Assert.Contains("swagger-ui", await docs.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var path in new[] { "/metrics", "/statusz", "/healthz", "/readyz", "/logs", "/-/reload" })
        {
            using var response = await SendAsync("get", path, null);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Equal("""{"detail":"Not Found"}""", await response.Content.ReadAsStringAsync());
        }
    }

    private static string FillPath(string path) => path
        .Replace("{name}", "sentiment-linear-1", StringComparison.Ordinal)
        .Replace("{version}", "1", StringComparison.Ordinal);

    private static string? FindExample(JsonNode operation) =>
        operation["requestBody"]?["content"]?["application/json"]?["example"]?.ToJsonString();

    /// <summary>Checks a value against the subset of JSON Schema that the document uses for responses.</summary>
    private static bool MatchesSchema(JsonNode document, JsonNode schema, JsonNode? value)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            return MatchesSchema(document, reference.Split('/').Skip(1).Aggregate(document, (at, step) => at[step]!), value);
        }

        var types = schema["type"] is JsonArray several ? several.Select(t => (string)t!).ToList()
            : schema["type"] is { } one ? [(string)one!]
            : [];
        var kind = value?.GetValueKind() ?? System.Text.Json.JsonValueKind.Null;
        var matches = types.Count == 0 || types.Any(type => type switch
        {
            "object" => kind is System.Text.Json.JsonValueKind.Object,
            "array" => kind is System.Text.Json.JsonValueKind.Array,
            "string" => kind is System.Text.Json.JsonValueKind.String,
            "number" or "integer" => kind is System.Text.Json.JsonValueKind.Number,
            "boolean" => kind is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
            "null" => kind is System.Text.Json.JsonValueKind.Null,
            _ => throw new InvalidOperationException($"type {type}"),
        });
        return matches
            && (schema["required"]?.AsArray() ?? []).All(name => value!.AsObject().ContainsKey((string)name!))
            && (schema["properties"]?.AsObject() ?? []).All(p => value![p.Key] is not { } field || MatchesSchema(document, p.Value!, field))
            && (schema["items"] is not { } items || value!.AsArray().All(item => MatchesSchema(document, items, item)));
    }

    private async Task<JsonNode> GetAsync(string path)
    {
        using var response = await SendAsync("get", path, null);
        return await response.ReadJsonAsync(HttpStatusCode.OK);
    }

    private async Task<string> ReadAsync(string path, string body)
    {
        using var response = await SendAsync("post", path, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private Task<HttpResponseMessage> SendAsync(string method, string path, string? body) =>
        Agent.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), path)
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        });
}
