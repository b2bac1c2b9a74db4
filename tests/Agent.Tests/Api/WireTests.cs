using System.Globalization;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.Api;

/// <summary>The API over real connections, used by independent HTTP clients.</summary>
public sealed class WireTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private const string Json = "content-type: application/json";

    private RunningAgent Agent => shared.Agent;

    [RequiresFact("python3")]
    public async Task Python_http_client_gets_the_expected_response_for_every_request()
    {
        await using var python = ChildProcess.Start(
            "python3",
            [Repository.PathOf("tests/Agent.Tests/Api/http_client.py"), Agent.Address.Port.ToString(CultureInfo.InvariantCulture)]);
        Assert.True(await python.WaitForExitAsync() == 0, python.DescribeOutput());
        var answers = python.Output.Select(line => JsonNode.Parse(line)!).ToDictionary(answer => (string)answer["name"]!);
        JsonNode Body(string name) => JsonNode.Parse((string)answers[name]["body"]!)!;

        Assert.Equal(
            new Dictionary<string, int>
            {
                ["hello"] = 200, ["single"] = 200, ["chunked"] = 200, ["batch"] = 200, ["stream"] = 200, ["v2"] = 200,
                ["missing"] = 422, ["not json"] = 422, ["empty"] = 422, ["form"] = 415, ["not allowed"] = 405, ["not found"] = 404,
                ["head"] = 404, ["again"] = 200,
            },
            answers.ToDictionary(answer => answer.Key, answer => (int)answer.Value["status"]!));
        Assert.Equal("positive", (string?)Body("single")["prediction"]);
        Assert.Equal("from-python", (string?)Body("single")["request_id"]);
        Assert.Equal("from-python", (string?)answers["single"]["request_id"]);
        Assert.Equal("negative", (string?)Body("chunked")["prediction"]);
        Assert.Equal(["positive", "negative"], Body("batch")["predictions"]!.AsArray().Select(p => (string)p!["prediction"]!));
        Assert.StartsWith("text/event-stream", (string)answers["stream"]["type"]!, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", (string)answers["stream"]["body"]!, StringComparison.Ordinal);
        Assert.Equal("positive", (string?)Body("v2")["outputs"]![0]!["data"]![0]);
        Assert.Equal("missing", (string?)Body("missing")["detail"]![0]!["type"]);
        Assert.Equal("json_invalid", (string?)Body("not json")["detail"]![0]!["type"]);
        Assert.Equal("POST", (string?)answers["not allowed"]["allow"]);
        Assert.Equal("", (string?)answers["head"]["body"]);
        Assert.Equal("positive", (string?)Body("again")["prediction"]);
    }

    [RequiresFact("curl")]
    public async Task Curl_command_from_the_documentation_returns_a_prediction()
    {
        var answer = JsonNode.Parse(await CurlAsync("/inference", "-H", Json, "-d", """{"text":"what a lovely day"}"""))!;

        Assert.Equal("positive", (string?)answer["prediction"]);
    }

    [RequiresFact("curl")]
    public async Task Curl_without_content_type_gets_415_for_its_form_type()
    {
        var answer = await CurlAsync("/inference", "-d", """{"text":"what a lovely day"}""", "-w", "%{http_code}");

        Assert.Equal("""{"detail":"Unsupported Media Type"}415""", answer);
    }

    [RequiresFact("curl")]
    public async Task Curl_receives_every_event_of_a_stream()
    {
        var events = await CurlAsync("/inference/stream", "-N", "-H", Json, "-d", """{"text":"what a lovely day"}""");

        Assert.Equal(4 + 1, events.Split('\n').Count(line => line.StartsWith("data: ", StringComparison.Ordinal)));
        Assert.EndsWith("data: [DONE]", events.TrimEnd(), StringComparison.Ordinal);
    }

    [RequiresFact("curl")]
    public async Task Curl_with_expect_header_uploads_nothing_of_an_oversized_body()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory["large"], new byte[2 * 1024 * 1024]);

        // curl sends "Expect: 100-continue" by itself with bodies of this size.
        var answer = await CurlAsync(
            "/inference", "-H", Json, "-H", "Expect: 100-continue", "--data-binary", $"@{directory["large"]}",
            "-w", "%{http_code} %{size_upload}");

        Assert.Equal("""{"detail":"Request Entity Too Large"}413 0""", answer);
    }

    [RequiresFact("curl")]
    public async Task Curl_gets_each_response_in_order_over_one_connection()
    {
        var url = new Uri(Agent.Address, "/inference").ToString();
        string[] CreateArguments(string text) => ["-s", "-H", Json, "-d", $$"""{"text":"{{text}}"}""", "-w", "\n%{num_connects}\n", url];

        var output = await CurlRawAsync([.. CreateArguments("what a lovely day"), "--next", .. CreateArguments("this is terrible")]);
        var lines = output.Split('\n');

        Assert.Equal("positive", (string?)JsonNode.Parse(lines[0])!["prediction"]);
        Assert.Equal("1", lines[1]);
        Assert.Equal("negative", (string?)JsonNode.Parse(lines[2])!["prediction"]);
        Assert.Equal("0", lines[3]);
    }

    private Task<string> CurlAsync(string path, params string[] arguments) =>
        CurlRawAsync(["-sS", "--max-time", "60", .. arguments, new Uri(Agent.Address, path).ToString()]);

    private static async Task<string> CurlRawAsync(string[] arguments)
    {
        await using var curl = ChildProcess.Start("curl", arguments);
        Assert.True(await curl.WaitForExitAsync() == 0, curl.DescribeOutput());
        return string.Join('\n', curl.Output);
    }
}
