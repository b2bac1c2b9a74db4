using System.Net;
using System.Text.Json.Nodes;
using Agent.Models;
using Agent.RequestLogging;
using Agent.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Agent.Tests;

/// <summary>What the <c>check</c> verb finds before anything is started.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_verb_says_a_line_a_finding_and_exits_0_or_1()
    {
        using var good = AgentProcess.Start("check", $"--LOG_FILE={_directory.File("logs/requests.log")}", "--RequestLog:MaxFileBytes=1Mi");
        Assert.Equal(0, await good.ExitCodeAsync());
        await Eventually.IsTrueAsync(() => good.Output.Contains("ok    model: the built-in one: 'sentiment-linear-1'", StringComparison.Ordinal), good.Output);
        Assert.Contains("requests.log can be written, its directory will be made.", good.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));

        using var bad = AgentProcess.Start("check", $"--LOG_FILE={_directory.Path}");
        Assert.Equal(1, await bad.ExitCodeAsync());
        await Eventually.IsTrueAsync(() => bad.Output.Contains("cannot be written: it is a directory.", StringComparison.Ordinal), bad.Output);

        using var worse = AgentProcess.Start("check", "--Model:Path=/nowhere/model.json");
        Assert.Equal(1, await worse.ExitCodeAsync());
        await Eventually.IsTrueAsync(() => worse.Output.Contains("Model:Path = '/nowhere/model.json'", StringComparison.Ordinal), worse.Output);
    }

    [Theory]
    [InlineData("{\"half\":", "is not a weights file")]
    [InlineData("null", "holds null, not weights")]
    [InlineData("", "is not a weights file")]
    public async Task A_weights_file_that_is_broken_is_found(string content, string expected)
    {
        await File.WriteAllTextAsync(_directory.File("model.json"), content);

        var finding = await ModelAsync(new ModelOptions { Path = _directory.File("model.json") });

        Assert.Equal(FindingSeverity.Failure, finding.Severity);
        Assert.Contains(expected, finding.Message, StringComparison.Ordinal);
        Assert.Contains("train", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_log_that_cannot_be_written_is_found_and_one_that_can_is_left_alone()
    {
        // Root may write anywhere but here.
        var nowhere = Assert.Single(await LogAsync("/proc/agent/requests.log"));
        Assert.Equal(FindingSeverity.Failure, nowhere.Severity);
        Assert.Contains("/proc/agent/requests.log cannot be written", nowhere.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(_directory.File("file"), "in the way");
        var inTheWay = Assert.Single(await LogAsync(_directory.File("file/requests.log")));
        Assert.Contains("is a file and no directory", inTheWay.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(_directory.File("requests.log"), "a line\n");
        Assert.Equal(FindingSeverity.Ok, (await LogAsync(_directory.File("requests.log")))[0].Severity);
        Assert.Equal("a line\n", await File.ReadAllTextAsync(_directory.File("requests.log")));

        var off = Assert.Single(await LogAsync(""));
        Assert.Equal(FindingSeverity.Warning, off.Severity);
        Assert.Equal(2, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [Fact]
    public async Task A_request_log_larger_than_its_disk_is_warned_of()
    {
        var findings = await LogAsync(_directory.File("requests.log"), maxFileBytes: 1L << 50);

        Assert.Equal([FindingSeverity.Ok, FindingSeverity.Warning], findings.Select(finding => finding.Severity));
        Assert.Contains("RequestLog:MaxFileBytes", findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_remote_model_is_asked_for_what_it_has()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        await using var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        Func<HttpContext, Task> answer = context => context.Response.WriteAsync(
            new JsonObject { ["data"] = new JsonArray(new JsonObject { ["id"] = "small" }, new JsonObject { ["id"] = "big" }) }.ToJsonString());
        string? authorization = null;
        server.MapGet("/v1/models", context =>
        {
            authorization = context.Request.Headers.Authorization;
            return answer(context);
        });
        await server.StartAsync();
        var endpoint = new Uri(server.Urls.First() + "/v1");
        await File.WriteAllTextAsync(_directory.File("key"), "s3cret\n");

        var there = await ModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big", ApiKeyFile = _directory.File("key") });
        Assert.Equal((FindingSeverity.Ok, "Bearer s3cret"), (there.Severity, authorization));

        var absent = await ModelAsync(new ModelOptions { Endpoint = endpoint, Name = "huge" });
        Assert.Equal(FindingSeverity.Failure, absent.Severity);
        Assert.Contains("has no 'huge'; it has small, big", absent.Message, StringComparison.Ordinal);

        answer = context =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            return Task.CompletedTask;
        };
        var keyless = await ModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big" });
        Assert.Equal(FindingSeverity.Failure, keyless.Severity);
        Assert.Contains("Model:ApiKeyFile", keyless.Remedy, StringComparison.Ordinal);

        var noKey = await ModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big", ApiKeyFile = _directory.File("none") });
        Assert.Equal(FindingSeverity.Failure, noKey.Severity);
        Assert.Contains(_directory.File("none"), noKey.Message, StringComparison.Ordinal);

        answer = context => context.Response.WriteAsync("<html>");
        Assert.Equal(FindingSeverity.Warning, (await ModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big" })).Severity);

        await server.StopAsync();
        var down = await ModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big" });
        Assert.Equal(FindingSeverity.Failure, down.Severity);
        Assert.Contains("cannot be reached", down.Message, StringComparison.Ordinal);
    }

    private static async Task<Finding> ModelAsync(ModelOptions options)
    {
        var findings = await new ModelCheck(new AgentOptions { Model = options }).CheckEnvironmentAsync(CancellationToken.None).ToListAsync();
        return Assert.Single(findings);
    }

    private static async Task<List<Finding>> LogAsync(string path, long maxFileBytes = 1024)
    {
        var options = new AgentOptions { LogFile = path, RequestLog = { MaxFileBytes = maxFileBytes } };
        return await new RequestFileCheck(options).CheckEnvironmentAsync(CancellationToken.None).ToListAsync();
    }
}
