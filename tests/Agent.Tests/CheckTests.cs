using System.Net;
using Agent.Models;
using Agent.Models.Loading;
using Agent.RequestLogging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Agent.Tests;

/// <summary>The findings of the <c>check</c> verb.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Check_prints_one_line_per_finding_and_exits_with_0_or_1()
    {
        await using var good = AgentProcess.Run("check", $"--LOG_FILE={_directory["logs/requests.log"]}", "--RequestLog:MaxFileBytes=1Mi");
        Assert.Equal(0, await good.WaitForExitAsync());
        Assert.Contains(
            good.Output, line => line.Contains("ok    model: built-in weights: 'sentiment-linear-1'", StringComparison.Ordinal));
        Assert.Contains(
            good.Output, line => line.Contains("requests.log can be written; its directory will be created.", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));

        await using var bad = AgentProcess.Run("check", $"--LOG_FILE={_directory.Path}");
        Assert.Equal(1, await bad.WaitForExitAsync());
        Assert.Contains(bad.Output, line => line.Contains("cannot be written: it is a directory.", StringComparison.Ordinal));

        await using var worse = AgentProcess.Run("check", "--Model:Path=/nowhere/model.json");
        Assert.Equal(1, await worse.WaitForExitAsync());
        Assert.Contains(worse.Output, line => line.Contains("Model:Path = '/nowhere/model.json'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"half\":", "is not a weights file")]
    [InlineData("null", "contains null instead of weights")]
    [InlineData("", "is not a weights file")]
    public async Task Broken_weights_file_is_a_failure_with_a_remedy(string content, string expected)
    {
        await File.WriteAllTextAsync(_directory["model.json"], content);

        var finding = await CheckModelAsync(new ModelOptions { Path = _directory["model.json"] });

        Assert.Equal(FindingSeverity.Failure, finding.Severity);
        Assert.Contains(expected, finding.Message, StringComparison.Ordinal);
        Assert.Contains("train", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unwritable_request_log_is_a_failure_and_no_file_is_changed()
    {
        // Even root cannot create files in /proc.
        var nowhere = Assert.Single(await CheckLogAsync("/proc/agent/requests.log"));
        Assert.Equal(FindingSeverity.Failure, nowhere.Severity);
        Assert.Contains("/proc/agent/requests.log cannot be written", nowhere.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(_directory["file"], "in the way");
        var inTheWay = Assert.Single(await CheckLogAsync(_directory["file/requests.log"]));
        Assert.Contains("is a file, not a directory", inTheWay.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(_directory["requests.log"], "a line\n");
        Assert.Equal(FindingSeverity.Ok, (await CheckLogAsync(_directory["requests.log"]))[0].Severity);
        Assert.Equal("a line\n", await File.ReadAllTextAsync(_directory["requests.log"]));

        var off = Assert.Single(await CheckLogAsync(""));
        Assert.Equal(FindingSeverity.Warning, off.Severity);
        Assert.Equal(2, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [Fact]
    public async Task Request_log_larger_than_its_disk_is_a_warning()
    {
        var findings = await CheckLogAsync(_directory["requests.log"], maxFileBytes: 1L << 50);

        Assert.Equal([FindingSeverity.Ok, FindingSeverity.Warning], findings.Select(finding => finding.Severity));
        Assert.Contains("RequestLog:MaxFileBytes", findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remote_probe_distinguishes_unknown_model_rejected_key_and_dead_server()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        await using var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        Func<HttpContext, Task> answer = context => context.Response.WriteAsync(
            """{"data":[{"id":"small"},{"id":"big"}]}""");
        string? authorization = null;
        server.MapGet("/v1/models", context =>
        {
            authorization = context.Request.Headers.Authorization;
            return answer(context);
        });
        await server.StartAsync();
        var endpoint = new Uri(server.Urls.First() + "/v1");
        await File.WriteAllTextAsync(_directory["key"], "s3cret\n");

        var there = await CheckModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big", ApiKeyFile = _directory["key"] });
        Assert.Equal((FindingSeverity.Ok, "Bearer s3cret"), (there.Severity, authorization));

        var absent = await CheckModelAsync(new ModelOptions { Endpoint = endpoint, Name = "huge" });
        Assert.Equal(FindingSeverity.Failure, absent.Severity);
        Assert.Contains("has no 'huge'; it has small, big", absent.Message, StringComparison.Ordinal);

        answer = context =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            return Task.CompletedTask;
        };
        var keyless = await CheckModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big" });
        Assert.Equal(FindingSeverity.Failure, keyless.Severity);
        Assert.Contains("Model:ApiKeyFile", keyless.Remedy, StringComparison.Ordinal);

        var noKey = await CheckModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big", ApiKeyFile = _directory["none"] });
        Assert.Equal(FindingSeverity.Failure, noKey.Severity);
        Assert.Contains(_directory["none"], noKey.Message, StringComparison.Ordinal);

        answer = context => context.Response.WriteAsync("<html>");
        Assert.Equal(FindingSeverity.Warning, (await CheckModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big" })).Severity);

        await server.StopAsync();
        var down = await CheckModelAsync(new ModelOptions { Endpoint = endpoint, Name = "big" });
        Assert.Equal(FindingSeverity.Failure, down.Severity);
        Assert.Contains("cannot be reached", down.Message, StringComparison.Ordinal);
    }

    private static async Task<Finding> CheckModelAsync(ModelOptions options)
    {
        var findings = await new ModelCheck(options).CheckEnvironmentAsync(CancellationToken.None).ToListAsync();
        return Assert.Single(findings);
    }

    private static async Task<List<Finding>> CheckLogAsync(string path, long maxFileBytes = 1024)
    {
        var settings = new RequestLogSettings(path, new RequestLogOptions { MaxFileBytes = maxFileBytes });
        return await new RequestLogCheck(settings).CheckEnvironmentAsync(CancellationToken.None).ToListAsync();
    }
}
