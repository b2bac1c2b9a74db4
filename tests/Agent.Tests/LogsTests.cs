using System.Net;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests;

/// <summary>The request log over HTTP.</summary>
public sealed class LogsTests
{
    [Fact]
    public async Task The_log_is_read_whole_or_from_near_its_end()
    {
        await using var agent = await RunningAgent.StartAsync();
        await SendAsync(agent, 0, 5);
        await Eventually.IsTrueAsync(() => agent.LoggedLines().Count == 5, "five lines are there");

        Assert.Equal(["l-0", "l-1", "l-2", "l-3", "l-4"], await ReadAsync(agent, "/logs"));
        Assert.Equal(["l-3", "l-4"], await ReadAsync(agent, "/logs?tail=2"));
        Assert.Equal(["l-0", "l-1", "l-2", "l-3", "l-4"], await ReadAsync(agent, "/logs?tail=9&follow=false"));
        Assert.Empty(await ReadAsync(agent, "/logs?tail=0"));
    }

    [Fact]
    public async Task A_follower_gets_every_line_once_across_the_rolling()
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
    public async Task What_is_not_understood_is_refused(string path)
    {
        await using var agent = await RunningAgent.StartAsync();
        using var response = await agent.Management.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Without_a_log_file_there_is_none_to_read()
    {
        await using var agent = await RunningAgent.StartAsync("--LOG_FILE=");
        using var response = await agent.Management.GetAsync(new Uri("/logs", UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static async Task SendAsync(RunningAgent agent, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            await agent.InferAsync("fine", ("X-Request-Id", $"l-{i}")).JsonAsync(HttpStatusCode.OK);
        }
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(RunningAgent agent, string path)
    {
        var text = await agent.Management.GetStringAsync(new Uri(path, UriKind.Relative));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string)JsonNode.Parse(line)!["request_id"]!)];
    }
}
