using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Agent.Tests.Support;

/// <summary>
/// The complete agent in the test's process, built by the program itself: real Kestrel sockets on free ports, real files.
/// </summary>
internal sealed class RunningAgent : IAsyncDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    private readonly ContainerApplication _app;
    private readonly Task<int> _run;

    private RunningAgent(ContainerApplication app, Task<int> run, TemporaryDirectory directory, string logFile)
    {
        (_app, _run, Directory, LogFile) = (app, run, directory, logFile);
        Address = new Uri(app.Web.Urls.First().Replace("[::]", "127.0.0.1", StringComparison.Ordinal));
        Http = new HttpClient { BaseAddress = Address, Timeout = RequestTimeout };
        Management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{app.ManagementPort}"), Timeout = RequestTimeout };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public HttpClient Management { get; }

    public TemporaryDirectory Directory { get; }

    public string LogFile { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The routes of the client port.</summary>
    public IEnumerable<RouteEndpoint> Routes =>
        ((IEndpointRouteBuilder)_app.Web).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    public static async Task<RunningAgent> StartAsync(params string[] flags)
    {
        var directory = new TemporaryDirectory();
        var logFile = flags.FirstOrDefault(flag => flag.StartsWith("--LOG_FILE=", StringComparison.Ordinal))?["--LOG_FILE=".Length..]
            ?? directory["requests.log"];
        var app = Program.BuildApplication(
            ["--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1", $"--LOG_FILE={logFile}", .. flags]);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(started.SetResult);
        var run = app.RunAsync();
        if (await Task.WhenAny(started.Task, run) == run)
        {
            await app.DisposeAsync();
            directory.Dispose();
            throw new InvalidOperationException($"The agent stopped during its start with exit code {await run}.");
        }

        return new RunningAgent(app, run, directory, logFile);
    }

    public static IReadOnlyList<JsonObject> ReadLines(string path) => File.Exists(path)
        ? [.. File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())]
        : [];

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

    /// <summary>The lines of the current request log file.</summary>
    public IReadOnlyList<JsonObject> ReadLogLines() => ReadLines(LogFile);

    public async Task<JsonObject> WaitForLogLineAsync(string requestId)
    {
        JsonObject? line = null;
        await Eventually.AssertAsync(
            () => (line = ReadLogLines().FirstOrDefault(l => (string?)l["request_id"] == requestId)) is not null,
            $"request {requestId} is logged");
        return line!;
    }

    public Task<string> ReadMetricsAsync() => Management.GetStringAsync(new Uri("/metrics", UriKind.Relative));

    /// <summary>The value of a sample.</summary>
    /// <param name="sample">Its name with labels, as on the metrics page.</param>
    public async Task<double> ReadMetricAsync(string sample)
    {
        var line = (await ReadMetricsAsync()).Split('\n').Single(l => l.StartsWith(sample + " ", StringComparison.Ordinal));
        return double.Parse(line[(sample.Length + 1)..], CultureInfo.InvariantCulture);
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
