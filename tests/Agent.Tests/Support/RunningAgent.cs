using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Agent.Tests.Support;

/// <summary>The whole agent on free ports, inside the test's process: real Kestrel, real files.</summary>
internal sealed class RunningAgent : IAsyncDisposable
{
    private readonly ContainerApplication _app;
    private readonly Task<int> _run;

    private RunningAgent(ContainerApplication app, Task<int> run, TemporaryDirectory directory, string logFile)
    {
        (_app, _run, Directory, LogFile) = (app, run, directory, logFile);
        Address = new Uri(app.Web.Urls.First().Replace("[::]", "127.0.0.1", StringComparison.Ordinal));
        Http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
        Management = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{app.ManagementPort}"),
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public HttpClient Management { get; }

    public TemporaryDirectory Directory { get; }

    public string LogFile { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The routes of the agent's own port.</summary>
    public IEnumerable<RouteEndpoint> Routes =>
        ((IEndpointRouteBuilder)_app.Web).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    public static async Task<RunningAgent> StartAsync(params string[] flags)
    {
        var directory = new TemporaryDirectory();
        var logFile = flags.FirstOrDefault(flag => flag.StartsWith("--LOG_FILE=", StringComparison.Ordinal))?["--LOG_FILE=".Length..]
            ?? directory.File("requests.log");
        var app = Program.Build(["--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1", $"--LOG_FILE={logFile}", .. flags]);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(started.SetResult);
        var run = app.RunAsync();
        if (await Task.WhenAny(started.Task, run) == run)
        {
            await app.DisposeAsync();
            directory.Dispose();
            throw new InvalidOperationException($"the agent ended at once, with exit code {await run}");
        }

        return new RunningAgent(app, run, directory, logFile);
    }

    public Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> InferAsync(string text, params (string Name, string Value)[] headers) =>
        PostAsync("/inference", JsonSerializer.Serialize(new { text }), headers);

    /// <summary>What the request log holds by now, line by line.</summary>
    public IReadOnlyList<JsonObject> LoggedLines() => LinesOf(LogFile);

    public static IReadOnlyList<JsonObject> LinesOf(string path) => File.Exists(path)
        ? [.. File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())]
        : [];

    public async Task<JsonObject> LoggedLineAsync(string requestId)
    {
        JsonObject? line = null;
        await Eventually.IsTrueAsync(
            () => (line = LoggedLines().FirstOrDefault(l => (string?)l["request_id"] == requestId)) is not null,
            $"a line of request {requestId}");
        return line!;
    }

    public Task<string> MetricsAsync() => Management.GetStringAsync(new Uri("/metrics", UriKind.Relative));

    /// <summary>The value of a sample, named with its labels as in the exposition.</summary>
    public async Task<double> MetricAsync(string sample)
    {
        var line = (await MetricsAsync()).Split('\n').Single(l => l.StartsWith(sample + " ", StringComparison.Ordinal));
        return double.Parse(line[(sample.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    public async Task<int> StopAsync()
    {
        _app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        return await _run;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        Http.Dispose();
        Management.Dispose();
        Directory.Dispose();
    }
}

/// <summary>Reads answers.</summary>
internal static class Answers
{
    public static async Task<JsonNode> JsonAsync(this Task<HttpResponseMessage> pending, HttpStatusCode expected)
    {
        using var response = await pending;
        return await response.JsonAsync(expected);
    }

    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response, HttpStatusCode expected)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(body)!;
    }
}
