using System.Text;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.Comparison;

/// <summary>
/// The same bad requests to FastAPI and to the agent: status, place and kind of every error must be the same. Debian's FastAPI
/// has pydantic 1, whose names of kinds are older; they are translated to pydantic 2's, which the agent gives.
/// </summary>
public sealed class ErrorsBesideFastApiTests
{
    private static readonly Dictionary<string, string> PydanticTwo = new()
    {
        ["value_error.missing"] = "missing",
        ["value_error.jsondecode"] = "json_invalid",
        ["value_error.extra"] = "extra_forbidden",
        ["value_error.any_str.min_length"] = "string_too_short",
        ["value_error.any_str.max_length"] = "string_too_long",
        ["value_error.list.min_items"] = "too_short",
        ["value_error.list.max_items"] = "too_long",
        ["type_error.str"] = "string_type",
        ["type_error.none.not_allowed"] = "string_type",
        ["type_error.list"] = "list_type",
        ["type_error.dict"] = "model_attributes_type",
    };

    private static readonly (string Method, string Path, string? Body)[] Requests =
    [
        ("POST", "/inference", ""),
        ("POST", "/inference", "null"),
        ("POST", "/inference", "[1]"),
        ("POST", "/inference", "7"),
        ("POST", "/inference", "\"text\""),
        ("POST", "/inference", "hello"),
        ("POST", "/inference", "{\"text\":"),
        ("POST", "/inference", "{\"text\": }"),
        ("POST", "/inference", "{}"),
        ("POST", "/inference", "{\"text\":5}"),
        ("POST", "/inference", "{\"text\":true}"),
        ("POST", "/inference", "{\"text\":[\"a\"]}"),
        ("POST", "/inference", "{\"text\":\"\"}"),
        ("POST", "/inference", "{\"text\":\"a\",\"more\":1}"),
        ("POST", "/inference", "{\"txt\":\"a\",\"more\":{}}"),
        ("POST", "/inference", "{\"text\":\"" + new string('a', 10_001) + "\"}"),
        ("POST", "/inference", "{\"text\":\"" + new string('ä', 10_000) + "\"}"),
        ("POST", "/inference", "{\"text\":\"fine\"}"),
        ("POST", "/inference/batch", "{}"),
        ("POST", "/inference/batch", "{\"texts\":\"a\"}"),
        ("POST", "/inference/batch", "{\"texts\":[]}"),
        ("POST", "/inference/batch", "{\"texts\":[\"a\",1,\"\",\"b\"],\"more\":2}"),
        ("POST", "/inference/batch", "{\"texts\":[" + string.Join(',', Enumerable.Repeat("\"a\"", 257)) + "]}"),
        ("GET", "/inference", null),
        ("DELETE", "/", null),
        ("GET", "/nowhere", null),
    ];

    [FastApiFact]
    public async Task Every_bad_request_is_answered_as_FastAPI_answers_it()
    {
        using var fastApi = await FastApi.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        var differences = new List<string>();
        foreach (var (method, path, body) in Requests)
        {
            var theirs = await AskAsync(fastApi.Http, method, path, body);
            var ours = await AskAsync(agent.Http, method, path, body);
            if (theirs != ours)
            {
                differences.Add($"{method} {path} {(body?.Length > 60 ? body[..60] : body)}\n  FastAPI {theirs}\n  agent   {ours}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static async Task<string> AskAsync(HttpClient client, string method, string path, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await client.SendAsync(request);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync());
        return $"{(int)response.StatusCode} {Shape(answer!["detail"])}";
    }

    private static string Shape(JsonNode? detail) => detail switch
    {
        null => "",
        // pydantic 1 has unknown fields by name, pydantic 2 as they were sent; so the order is not compared.
        JsonArray errors => string.Join(
            "; ", errors.Select(e => $"{Kind((string)e!["type"]!)} {e["loc"]!.ToJsonString()}").Order(StringComparer.Ordinal)),
        _ => detail.ToJsonString(),
    };

    private static string Kind(string type) => PydanticTwo.GetValueOrDefault(type, type);
}
