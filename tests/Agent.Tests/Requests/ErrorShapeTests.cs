using System.Net;
using System.Text.Json.Nodes;
using Agent.Tests.Inference;
using Agent.Tests.Support;

namespace Agent.Tests.Requests;

public sealed class ErrorShapeTests(InferenceTests.SharedAgent shared) : IClassFixture<InferenceTests.SharedAgent>
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
    public async Task A_body_that_does_not_fit_is_answered_with_everything_that_is_wrong_with_it(string body, string detail)
    {
        var answer = await Agent.PostAsync("/inference", body).JsonAsync(HttpStatusCode.UnprocessableEntity);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(detail), answer["detail"]), answer.ToJsonString());
    }

    [Theory]
    [InlineData("{\"text\":", 8)]
    [InlineData("{\"text\": }", 9)]
    [InlineData("{\n \"text\": \"a\",\n}", 16)]
    [InlineData("hello", 0)]
    [InlineData("{\"täxt\": }", 9)]
    [InlineData("{\"😀\":\n\"😀\", }", 11)]
    public async Task A_body_that_is_no_JSON_is_answered_with_where_it_goes_wrong(string body, int offset)
    {
        var answer = await Agent.PostAsync("/inference", body).JsonAsync(HttpStatusCode.UnprocessableEntity);
        var error = Assert.Single(answer["detail"]!.AsArray())!;

        Assert.Equal("json_invalid", (string?)error["type"]);
        Assert.Equal("body", (string?)error["loc"]![0]);
        Assert.Equal(offset, (int)error["loc"]![1]!);
        Assert.NotEmpty((string)error["ctx"]!["error"]!);
    }

    [Fact]
    public async Task A_text_beyond_the_limit_is_refused_and_not_sent_back_whole()
    {
        var answer = await Agent.InferAsync(new string('a', 10_001)).JsonAsync(HttpStatusCode.UnprocessableEntity);
        var error = Assert.Single(answer["detail"]!.AsArray())!;

        Assert.Equal("string_too_long", (string?)error["type"]);
        Assert.Equal(10_000, (int)error["ctx"]!["max_length"]!);
        Assert.True(((string)error["input"]!).Length < 300);
        await Agent.InferAsync(string.Concat(Enumerable.Repeat("😀", 10_000))).JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nesting_without_end_is_no_body_of_ours()
    {
        var body = "{\"text\":" + new string('[', 100_000);

        var answer = await Agent.PostAsync("/inference", body).JsonAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("json_invalid", (string?)answer["detail"]![0]!["type"]);
    }

    [Theory]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("GET", "/metrics", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("GET", "/logs", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("GET", "/inference", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    [InlineData("DELETE", "/", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    public async Task What_is_not_there_is_said_in_detail(string method, string path, HttpStatusCode status, string detail)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await Agent.Http.SendAsync(request);
        var answer = await response.JsonAsync(status);

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
    public async Task A_body_is_JSON_by_its_type(string? type, HttpStatusCode status)
    {
        using var content = new ByteArrayContent("""{"text":"fine"}"""u8.ToArray());
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var response = await Agent.Http.PostAsync(new Uri("/inference", UriKind.Relative), content);

        var answer = await response.JsonAsync(status);
        Assert.Equal(status == HttpStatusCode.OK ? null : "Unsupported Media Type", (string?)answer["detail"]);
    }

    [Fact]
    public async Task A_body_that_is_no_UTF_8_is_a_bad_request()
    {
        using var content = new ByteArrayContent([.. """{"text":" """u8, 0xC3, 0x28, .. "\"}"u8]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");

        var answer = await Agent.Http.PostAsync(new Uri("/inference", UriKind.Relative), content).JsonAsync(HttpStatusCode.BadRequest);

        Assert.Equal("There was an error parsing the body", (string?)answer["detail"]);
    }

    [Fact]
    public async Task Bodies_of_random_bytes_are_refused_and_never_an_error_of_ours()
    {
        var random = new Random(17);
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

            Assert.True((int)response.StatusCode is 400 or 422, $"{(int)response.StatusCode} for {Convert.ToHexString(bytes)}");
        }
    }
}
