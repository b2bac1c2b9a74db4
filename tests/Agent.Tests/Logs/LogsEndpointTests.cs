using System.Net;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.Logs;

/// <summary>The request log over HTTP.</summary>
public sealed class LogsEndpointTests
{
    [Fact]
    public async Task Log_is_sent_completely_or_from_its_last_lines()
    {
        await using var agent = await RunningAgent.StartAsync();
        await SendAsync(agent, 0, 5);
        await Eventually.AssertAsync(() => agent.ReadLogLines().Count == 5, "five lines are written");

        Assert.Equal(["l-0", "l-1", "l-2", "l-3", "l-4"], await ReadAsync(agent, "/logs"));
        Assert.Equal(["l-3", "l-4"], await ReadAsync(agent, "/logs?tail=2"));
        Assert.Equal(["l-0", "l-1", "l-2", "l-3", "l-4"], await ReadAsync(agent, "/logs?tail=9&follow=false"));
        Assert.Empty(await ReadAsync(agent, "/logs?tail=0"));
    }

    [Fact]
    public async Task Follower_gets_every_line_once_across_rolled_files()
    {
        await using var agent = await RunningAgent.StartAsync("--RequestLog:MaxFileBytes=4096", "--RequestLog:MaxFiles=100");
        using var response = await agent.Management.GetAsync(
            new Uri("/logs?follow=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);

        for (var i = 0; i < 100; i++)
        {
            await SendAsync(agent, i, 1);
            var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal($"l-{i}", (string?)JsonNode.Parse(line!)!["request_id"]);
        }

        Assert.True(Directory.GetFiles(agent.Directory.Path).Length > 3);
    }

    [Theory]
    [InlineData("/logs?tail=x")]
    [InlineData("/logs?tail=-1")]
    [InlineData("/logs?follow=perhaps")]
    [InlineData("/logs?from=somewhere")]
    [InlineData("/logs?from=abc:-1")]
    [InlineData("/logs?from=oldest&tail=1")]
    public async Task Invalid_query_is_a_400(string path)
    {
        await using var agent = await RunningAgent.StartAsync();
        using var response = await agent.Management.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Logs_without_a_log_file_are_a_404()
    {
        await using var agent = await RunningAgent.StartAsync("--LOG_FILE=");
        using var response = await agent.Management.GetAsync(new Uri("/logs", UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Reading_continues_from_a_position_across_rolled_files()
    {
        await using var agent = await RunningAgent.StartAsync("--RequestLog:MaxFileBytes=2048", "--RequestLog:MaxFiles=100");
        Assert.Equal((null, ""), await ReadFromAsync(agent, "oldest"));
        await SendAsync(agent, 0, 30);
        await Eventually.AssertAsync(
            () => agent.ReadLogLines().Count < 30 && Directory.GetFiles(agent.Directory.Path).Sum(f => File.ReadAllLines(f).Length) == 30,
            "thirty lines are written to several files");

        var (position, text) = ("oldest", "");
        for (var files = 0; ; files++)
        {
            var (start, part) = await ReadFromAsync(agent, position);
            if (part.Length == 0)
            {
                Assert.Equal(position, start);
                Assert.InRange(files, 3, 30);
                break;
            }

            Assert.EndsWith(":0", start, StringComparison.Ordinal);
            var afterFirst = part.IndexOf('\n', StringComparison.Ordinal) + 1;
            if (afterFirst < part.Length)
            {
                Assert.Equal((start![..^1] + afterFirst, part[afterFirst..]), await ReadFromAsync(agent, start[..^1] + afterFirst));
            }

            text += part;
            position = start![..^1] + part.Length;
        }

        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"l-{i}"), Ids(text));
        Assert.Equal("", (await ReadFromAsync(agent, "end")).Text);
    }

    [Fact]
    public async Task Unknown_position_is_reported_as_a_gap_before_the_oldest_line()
    {
        await using var agent = await RunningAgent.StartAsync();
        await SendAsync(agent, 0, 1);
        await Eventually.AssertAsync(() => agent.ReadLogLines().Count == 1, "the line is written");

        using var answer = await agent.Management.GetAsync(new Uri("/logs?from=0123456789abcdef:42", UriKind.Relative));

        Assert.Equal("0123456789abcdef:42", Assert.Single(answer.Headers.GetValues("Log-Gap")));
        Assert.Equal(["l-0"], Ids(await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Following_response_ends_when_its_file_was_rolled()
    {
        await using var agent = await RunningAgent.StartAsync("--RequestLog:MaxFileBytes=2048", "--RequestLog:MaxFiles=100");
        await SendAsync(agent, 0, 1);
        await Eventually.AssertAsync(() => agent.ReadLogLines().Count == 1, "the line is written");
        var following = agent.Management.GetStringAsync(new Uri("/logs?from=oldest&follow=true", UriKind.Relative));

        await SendAsync(agent, 1, 20);

        var first = Ids(await following.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(Enumerable.Range(0, first.Count).Select(i => $"l-{i}"), first);
        Assert.InRange(first.Count, 2, 20);
    }

    private static async Task<(string? Position, string Text)> ReadFromAsync(RunningAgent agent, string from)
    {
        using var answer = await agent.Management.GetAsync(new Uri("/logs?from=" + from, UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        var position = answer.Headers.TryGetValues("Log-Position", out var values) ? values.Single() : null;
        return (position, await answer.Content.ReadAsStringAsync());
    }

    private static List<string> Ids(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string)JsonNode.Parse(line)!["request_id"]!)];

    private static async Task SendAsync(RunningAgent agent, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            await agent.InferAsync("fine", ("X-Request-Id", $"l-{i}")).ReadJsonAsync(HttpStatusCode.OK);
        }
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(RunningAgent agent, string path)
    {
        return Ids(await agent.Management.GetStringAsync(new Uri(path, UriKind.Relative)));
    }
}
