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
        ["type_error.list"] = "list_type",
        ["type_error.dict"] = "model_attributes_type",
    };

    private const string Json = "application/json";

    /// <summary>Bodies, each sent to every path that takes one.</summary>
    private static readonly string[] NoObjects =
    [
        "", " ", "null", "[1]", "7", "1e999", "-0", "true", "\"text\"", "hello", "{", "}", "{\"text\":", "{\"text\": }", "{\"text\"}", "{'text':1}",
        "{text:1}", "{\"text\":\"a\",}", "{\"text\":\"a\"", "{\"täxt\": }", "[\"a\"", "nul", "{\"text\":fals}", "{\"text\":truee}", "{}",
    ];

    private static readonly string[] TextBodies =
    [
        "{\"text\":5}", "{\"text\":1e999}", "{\"text\":true}", "{\"text\":null}", "{\"text\":{}}", "{\"text\":[\"a\"]}", "{\"text\":\"\"}",
        "{\"text\":\"a\",\"more\":1}", "{\"txt\":\"a\",\"more\":{}}", "{\"TEXT\":\"a\"}", "{\"\":1,\"text\":\"a\"}", "{\"text\":\"a\",\"text\":5}",
        "{\"text\":5,\"text\":\"a\"}", "{\"text\":\"\\u00e4\"}", "{\"text\":\"" + new string('a', 10_001) + "\"}", "{\"text\":\"" + new string('ä', 10_000) + "\"}",
        "{\"text\":\"fine\"}", "\uFEFF{\"text\":\"fine\"}", " \n{\"text\" : \"fine\"}\r\n\t",
    ];

    private static readonly string[] BatchBodies =
    [
        "{\"texts\":\"a\"}", "{\"texts\":null}", "{\"texts\":{}}", "{\"texts\":7}", "{\"texts\":[]}", "{\"texts\":[null]}", "{\"texts\":[[\"a\"]]}",
        "{\"texts\":[\"a\",1,\"\",\"b\"],\"more\":2}", "{\"text\":\"a\"}", "{\"texts\":[" + string.Join(',', Enumerable.Repeat("\"a\"", 257)) + "]}",
        "{\"texts\":[" + string.Join(',', Enumerable.Repeat("\"a\"", 256)) + "]}", "{\"texts\":[\"" + new string('a', 10_001) + "\"]}",
    ];

    private static readonly (string Method, string Path, byte[]? Body, string? Type)[] Requests =
    [
        .. from path in new[] { "/inference", "/inference/batch", "/inference/stream" }
           from body in NoObjects
           select ("POST", path, Bytes(body), Json),
        .. from path in new[] { "/inference", "/inference/stream" } from body in TextBodies select ("POST", path, Bytes(body), Json),
        .. from body in BatchBodies select ("POST", "/inference/batch", Bytes(body), Json),
        // By its type a body is JSON or not.
        .. from type in new[] { null, "application/json; charset=utf-8", "application/vnd.agent+json", "APPLICATION/JSON" }
           from body in new[] { "{\"text\":\"fine\"}", "{}", "" }
           select ("POST", "/inference", Bytes(body), type),
        // Not UTF-8.
        ("POST", "/inference", [.. "{\"text\":\""u8, 0xff, .. "\"}"u8], Json),
        ("POST", "/inference", [0xc3, 0x28], Json),
        ("POST", "/inference/batch", [.. "{\"texts\":[\""u8, 0xe2, 0x82, .. "\"]}"u8], Json),
        // Who asks for what is not there.
        .. from method in new[] { "GET", "PUT", "DELETE", "PATCH", "OPTIONS" }
           from path in new[] { "/inference", "/inference/batch", "/inference/stream", "/nowhere", "/inference/nowhere" }
           select (method, path, (byte[]?)null, (string?)null),
        .. from method in new[] { "POST", "PUT", "DELETE", "PATCH" } select (method, "/", Bytes("{}"), Json),
        ("POST", "/nowhere", Bytes("{"), Json),
    ];

    [FastApiFact]
    public async Task Every_bad_request_is_answered_as_FastAPI_answers_it()
    {
        using var fastApi = await FastApi.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        var differences = new List<string>();
        foreach (var (method, path, body, type) in Requests)
        {
            var theirs = await AskAsync(fastApi.Http, method, path, body, type);
            var ours = await AskAsync(agent.Http, method, path, body, type);
            if (theirs != ours)
            {
                var text = Encoding.UTF8.GetString(body ?? []);
                differences.Add($"{method} {path} {type} {(text.Length > 60 ? text[..60] : text)}\n  FastAPI {theirs}\n  agent   {ours}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    /// <summary>
    /// Where the agent means to differ, as docs/agent.md says: a type that is not JSON, JSON that is none (NaN), and an empty list,
    /// which to pydantic 1 is an empty object and to pydantic 2 none.
    /// </summary>
    [FastApiFact]
    public async Task Where_it_differs_from_FastAPI_it_is_stricter()
    {
        using var fastApi = await FastApi.StartAsync();
        await using var agent = await RunningAgent.StartAsync();

        Assert.StartsWith("422 ", await AskAsync(fastApi.Http, "POST", "/inference", Bytes("{\"text\":\"fine\"}"), "text/plain"), StringComparison.Ordinal);
        Assert.Equal("415 \"Unsupported Media Type\"", await AskAsync(agent.Http, "POST", "/inference", Bytes("{\"text\":\"fine\"}"), "text/plain"));
        Assert.Equal("422 string_type [\"body\",\"text\"]", await AskAsync(fastApi.Http, "POST", "/inference", Bytes("{\"text\":NaN}"), Json));
        Assert.Equal("422 missing [\"body\",\"text\"]", await AskAsync(fastApi.Http, "POST", "/inference", Bytes("[]"), Json));
        Assert.Equal("422 model_attributes_type [\"body\"]", await AskAsync(agent.Http, "POST", "/inference", Bytes("[]"), Json));
        Assert.Equal("422 json_invalid [\"body\",8]", await AskAsync(agent.Http, "POST", "/inference", Bytes("{\"text\":NaN}"), Json));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static async Task<string> AskAsync(HttpClient client, string method, string path, byte[]? body, string? type)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (type is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            }
        }

        using var response = await client.SendAsync(request);
        var allow = response.Content.Headers.Allow.Count > 0 ? $" Allow: {string.Join(", ", response.Content.Headers.Allow)}" : "";
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? $"{(int)response.StatusCode}"
            : $"{(int)response.StatusCode} {Shape(JsonNode.Parse(text)!["detail"])}{allow}";
    }

    private static string Shape(JsonNode? detail) => detail switch
    {
        null => "",
        // pydantic 1 has unknown fields by name, pydantic 2 as they were sent; so the order is not compared.
        JsonArray errors => string.Join(
            "; ", errors.Select(e => $"{Kind((string)e!["type"]!, e["loc"]!)} {e["loc"]!.ToJsonString()}").Order(StringComparer.Ordinal)),
        _ => detail.ToJsonString(),
    };

    /// <summary>What null is missing, pydantic 2 says by the type that is wanted there.</summary>
    private static string Kind(string type, JsonNode location) => type == "type_error.none.not_allowed"
        ? (location.AsArray()[^1]!.ToString() == "texts" ? "list_type" : "string_type")
        : PydanticTwo.GetValueOrDefault(type, type);
}
