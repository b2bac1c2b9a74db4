using System.Text;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.Comparison;

/// <summary>
/// Sends the same invalid requests to FastAPI and to the agent: status, location and type of every error must be equal. Debian's
/// FastAPI uses pydantic 1, so its error types are translated to those of pydantic 2, which the agent uses.
/// </summary>
public sealed class FastApiComparisonTests
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

    /// <summary>Bodies for every path that expects one.</summary>
    private static readonly string[] NonObjects =
    [
        "", " ", "null", "[1]", "7", "1e999", "-0", "true", "\"text\"", "hello", "{", "}",
        "{\"text\":", "{\"text\": }", "{\"text\"}", "{'text':1}",
        "{text:1}", "{\"text\":\"a\",}", "{\"text\":\"a\"", "{\"täxt\": }", "[\"a\"", "nul", "{\"text\":fals}", "{\"text\":truee}", "{}",
    ];

    private static readonly string[] TextBodies =
    [
        "{\"text\":5}", "{\"text\":1e999}", "{\"text\":true}", "{\"text\":null}", "{\"text\":{}}", "{\"text\":[\"a\"]}", "{\"text\":\"\"}",
        "{\"text\":\"a\",\"more\":1}", "{\"txt\":\"a\",\"more\":{}}", "{\"TEXT\":\"a\"}",
        "{\"\":1,\"text\":\"a\"}", "{\"text\":\"a\",\"text\":5}",
        "{\"text\":5,\"text\":\"a\"}", "{\"text\":\"\\u00e4\"}", "{\"text\":\"" + new string('a', 10_001) + "\"}",
        "{\"text\":\"" + new string('ä', 10_000) + "\"}",
        "{\"text\":\"fine\"}", "\uFEFF{\"text\":\"fine\"}", " \n{\"text\" : \"fine\"}\r\n\t",
    ];

    private static readonly string[] BatchBodies =
    [
        "{\"texts\":\"a\"}", "{\"texts\":null}", "{\"texts\":{}}", "{\"texts\":7}", "{\"texts\":[]}",
        "{\"texts\":[null]}", "{\"texts\":[[\"a\"]]}",
        "{\"texts\":[\"a\",1,\"\",\"b\"],\"more\":2}", "{\"text\":\"a\"}",
        "{\"texts\":[" + string.Join(',', Enumerable.Repeat("\"a\"", 257)) + "]}",
        "{\"texts\":[" + string.Join(',', Enumerable.Repeat("\"a\"", 256)) + "]}", "{\"texts\":[\"" + new string('a', 10_001) + "\"]}",
    ];

    private static readonly (string Method, string Path, byte[]? Body, string? Type)[] Requests =
    [
        .. from path in new[] { "/inference", "/inference/batch", "/inference/stream" }
           from body in NonObjects
           select ("POST", path, GetBytes(body), Json),
        .. from path in new[] { "/inference", "/inference/stream" } from body in TextBodies select ("POST", path, GetBytes(body), Json),
        .. from body in BatchBodies select ("POST", "/inference/batch", GetBytes(body), Json),
        // The content type decides whether a body is JSON.
        .. from type in new[] { null, "application/json; charset=utf-8", "application/vnd.agent+json", "APPLICATION/JSON" }
           from body in new[] { "{\"text\":\"fine\"}", "{}", "" }
           select ("POST", "/inference", GetBytes(body), type),
        // Invalid UTF-8.
        ("POST", "/inference", [.. "{\"text\":\""u8, 0xff, .. "\"}"u8], Json),
        ("POST", "/inference", [0xc3, 0x28], Json),
        ("POST", "/inference/batch", [.. "{\"texts\":[\""u8, 0xe2, 0x82, .. "\"]}"u8], Json),
        // Unknown paths and methods.
        .. from method in new[] { "GET", "PUT", "DELETE", "PATCH", "OPTIONS" }
           from path in new[] { "/inference", "/inference/batch", "/inference/stream", "/nowhere", "/inference/nowhere" }
           select (method, path, (byte[]?)null, (string?)null),
        .. from method in new[] { "POST", "PUT", "DELETE", "PATCH" } select (method, "/", GetBytes("{}"), Json),
        ("POST", "/nowhere", GetBytes("{"), Json),
    ];

    [FastApiFact]
    public async Task Every_invalid_request_gets_the_same_errors_as_from_FastAPI()
    {
        using var fastApi = await FastApiServer.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        var differences = new List<string>();
        foreach (var (method, path, body, type) in Requests)
        {
            var expected = await SendAsync(fastApi.Http, method, path, body, type);
            var actual = await SendAsync(agent.Http, method, path, body, type);
            if (expected != actual)
            {
                var text = Encoding.UTF8.GetString(body ?? []);
                differences.Add($"{method} {path} {type} {(text.Length > 60 ? text[..60] : text)}\n  FastAPI {expected}\n  agent   {actual}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    /// <summary>
    /// The intended differences in docs/agent.md: a content type other than JSON; NaN, which is not valid JSON; and an empty list,
    /// which is an empty object for pydantic 1 only.
    /// </summary>
    [FastApiFact]
    public async Task Intended_differences_from_FastAPI_are_stricter()
    {
        using var fastApi = await FastApiServer.StartAsync();
        await using var agent = await RunningAgent.StartAsync();

        var valid = GetBytes("{\"text\":\"fine\"}");
        Assert.StartsWith("422 ", await SendAsync(fastApi.Http, "POST", "/inference", valid, "text/plain"), StringComparison.Ordinal);
        Assert.Equal("415 \"Unsupported Media Type\"", await SendAsync(agent.Http, "POST", "/inference", valid, "text/plain"));
        Assert.Equal(
            "422 string_type [\"body\",\"text\"]", await SendAsync(fastApi.Http, "POST", "/inference", GetBytes("{\"text\":NaN}"), Json));
        Assert.Equal("422 missing [\"body\",\"text\"]", await SendAsync(fastApi.Http, "POST", "/inference", GetBytes("[]"), Json));
        Assert.Equal("422 model_attributes_type [\"body\"]", await SendAsync(agent.Http, "POST", "/inference", GetBytes("[]"), Json));
        Assert.Equal("422 json_invalid [\"body\",8]", await SendAsync(agent.Http, "POST", "/inference", GetBytes("{\"text\":NaN}"), Json));
    }

    private static byte[] GetBytes(string text) => Encoding.UTF8.GetBytes(text);

    private static async Task<string> SendAsync(HttpClient client, string method, string path, byte[]? body, string? type)
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
            : $"{(int)response.StatusCode} {DescribeErrors(JsonNode.Parse(text)!["detail"])}{allow}";
    }

    private static string DescribeErrors(JsonNode? detail) => detail switch
    {
        null => "",
        // pydantic 1 sorts unknown fields by name, pydantic 2 keeps the sent order, so the order is not compared.
        JsonArray errors => string.Join(
            "; ",
            errors.Select(e => $"{TranslateType((string)e!["type"]!, e["loc"]!)} {e["loc"]!.ToJsonString()}").Order(StringComparer.Ordinal)),
        _ => detail.ToJsonString(),
    };

    /// <summary>For null, pydantic 2 reports the expected type.</summary>
    private static string TranslateType(string type, JsonNode location) => type == "type_error.none.not_allowed"
        ? (location.AsArray()[^1]!.ToString() == "texts" ? "list_type" : "string_type")
        : PydanticTwo.GetValueOrDefault(type, type);
}
