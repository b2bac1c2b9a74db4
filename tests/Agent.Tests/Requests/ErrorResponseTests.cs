using System.Net;
using System.Text.Json.Nodes;
using Agent.Tests.Support;
using Xunit.Abstractions;

namespace Agent.Tests.Requests;

public sealed class ErrorResponseTests(SharedAgent shared, ITestOutputHelper output) : IClassFixture<SharedAgent>
{
    private RunningAgent Agent => shared.Agent;

    [Theory]
    [InlineData("", """[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]""")]
    [InlineData("null", """[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]""")]
    [InlineData("{}", """[{"type":"missing","loc":["body","text"],"msg":"Field required","input":{}}]""")]
    [InlineData("""{"text":5}""", """[{"type":"string_type","loc":["body","text"],"msg":"Input should be a valid string","input":5}]""")]
    [InlineData("""{"text":null}""", """[{"type":"string_type","loc":["body","text"],"msg":"Input should be a valid string","input":null}]""")]
    [InlineData("""{"text":""}""", """[{"type":"string_too_short","loc":["body","text"],"msg":"String should have at least 1 character","input":"","ctx":{"min_length":1}}]""")]
    [InlineData("""{"text":"\ud800"}""", """[{"type":"string_unicode","loc":["body","text"],"msg":"Input should be a valid string, unable to parse raw data as a unicode string","input":null}]""")]
    [InlineData("[1]", """[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[1]}]""")]
    [InlineData(
        """{"txt":"a","text":[],"x":{}}""",
        """[{"type":"string_type","loc":["body","text"],"msg":"Input should be a valid string","input":[]},{"type":"extra_forbidden","loc":["body","txt"],"msg":"Extra inputs are not permitted","input":"a"},{"type":"extra_forbidden","loc":["body","x"],"msg":"Extra inputs are not permitted","input":{}}]""")]
    public async Task Invalid_body_is_answered_with_every_error_in_it(string body, string detail)
    {
        var answer = await Agent.PostAsync("/inference", body).ReadJsonAsync(HttpStatusCode.UnprocessableEntity);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(detail), answer["detail"]), answer.ToJsonString());
    }

    [Theory]
    [InlineData("{\"text\":", 8)]
    [InlineData("{\"text\": }", 9)]
    [InlineData("{\n \"text\": \"a\",\n}", 16)]
    [InlineData("hello", 0)]
    [InlineData("{\"täxt\": }", 9)]
    [InlineData("{\"😀\":\n\"😀\", }", 11)]
    public async Task Syntax_error_is_answered_with_its_offset(string body, int offset)
    {
        var answer = await Agent.PostAsync("/inference", body).ReadJsonAsync(HttpStatusCode.UnprocessableEntity);
        var error = Assert.Single(answer["detail"]!.AsArray())!;

        Assert.Equal("json_invalid", (string?)error["type"]);
        Assert.Equal("body", (string?)error["loc"]![0]);
        Assert.Equal(offset, (int)error["loc"]![1]!);
        Assert.NotEmpty((string)error["ctx"]!["error"]!);
    }

    [Fact]
    public async Task Too_long_text_is_rejected_and_echoed_truncated()
    {
        var answer = await Agent.InferAsync(new string('a', 10_001)).ReadJsonAsync(HttpStatusCode.UnprocessableEntity);
        var error = Assert.Single(answer["detail"]!.AsArray())!;

        Assert.Equal("string_too_long", (string?)error["type"]);
        Assert.Equal(10_000, (int)error["ctx"]!["max_length"]!);
        Assert.True(((string)error["input"]!).Length < 300);
        await Agent.InferAsync(string.Concat(Enumerable.Repeat("😀", 10_000))).ReadJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Deeply_nested_body_is_rejected()
    {
        var body = "{\"text\":" + new string('[', 100_000);

        var answer = await Agent.PostAsync("/inference", body).ReadJsonAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("json_invalid", (string?)answer["detail"]![0]!["type"]);
    }

    [Theory]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("GET", "/metrics", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("GET", "/logs", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("GET", "/inference", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    [InlineData("DELETE", "/", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    public async Task Unknown_paths_and_methods_have_a_detail(string method, string path, HttpStatusCode status, string detail)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await Agent.Http.SendAsync(request);
        var answer = await response.ReadJsonAsync(status);

        Assert.Equal(detail, (string?)answer["detail"]);
        Assert.Equal(status == HttpStatusCode.MethodNotAllowed, response.Content.Headers.Allow.Count > 0);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("nonsense", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=utf-8", HttpStatusCode.OK)]
    [InlineData("application/vnd.agent+json", HttpStatusCode.OK)]
    [InlineData(null, HttpStatusCode.OK)]
    public async Task Content_type_decides_whether_a_body_is_JSON(string? type, HttpStatusCode status)
    {
        using var content = new ByteArrayContent("""{"text":"fine"}"""u8.ToArray());
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var response = await Agent.Http.PostAsync(new Uri("/inference", UriKind.Relative), content);

        var answer = await response.ReadJsonAsync(status);
        Assert.Equal(status == HttpStatusCode.OK ? null : "Unsupported Media Type", (string?)answer["detail"]);
    }

    [Fact]
    public async Task Body_with_invalid_UTF_8_is_a_bad_request()
    {
        using var content = new ByteArrayContent([.. """{"text":" """u8, 0xC3, 0x28, .. "\"}"u8]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");

        var answer = await Agent.Http.PostAsync(new Uri("/inference", UriKind.Relative), content).ReadJsonAsync(HttpStatusCode.BadRequest);

        Assert.Equal("There was an error parsing the body", (string?)answer["detail"]);
    }

    [Fact]
    public async Task Random_bodies_are_rejected_and_never_cause_a_500()
    {
        var random = RandomSource.Create(output);
        var alphabet = """{}[]":,\ud8textnulrfas01.-eE """u8.ToArray();
        for (var i = 0; i < 500; i++)
        {
            var bytes = new byte[random.Next(0, 60)];
            random.NextBytes(bytes);
            if (i % 2 == 0)
            {
                for (var j = 0; j < bytes.Length; j++)
                {
                    bytes[j] = alphabet[bytes[j] % alphabet.Length];
                }
            }

            using var content = new ByteArrayContent(bytes);
            using var response = await Agent.Http.PostAsync(new Uri("/inference", UriKind.Relative), content);

            Assert.True(
                (int)response.StatusCode is 400 or 422,
                $"{(int)response.StatusCode} for {Convert.ToHexString(bytes)}, TEST_SEED={random.Seed}");
        }
    }
}
