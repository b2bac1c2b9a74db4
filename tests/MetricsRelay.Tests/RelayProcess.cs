using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MetricsRelay.Tests;

/// <summary>The relay as a process, on a free port.</summary>
internal sealed class RelayProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private RelayProcess(ChildProcess process, int port)
    {
        (_process, Port) = (process, port);
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public HttpClient Client { get; }

    public int Port { get; }

    public string Output => string.Join('\n', _process.Lines);

    private static string Assembly => typeof(MetricsRelayOptions).Assembly.Location;

    public static async Task<RelayProcess> StartAsync(params string[] flags)
    {
        var process = ChildProcess.DotNet(Assembly, [.. flags, "--Management:Port=0", "--Listen:Address=127.0.0.1"]);
        using var listening = JsonDocument.Parse(await process.WaitForLineAsync("\"event\":\"Listening\""));
        return new RelayProcess(process, listening.RootElement.GetProperty("port").GetInt32());
    }

    /// <summary>Runs the relay with exactly these arguments until it exits.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = ChildProcess.DotNet(Assembly, arguments);
        var exitCode = await process.WaitForExitAsync();
        return (exitCode, string.Join('\n', process.Output), string.Join('\n', process.Errors));
    }

    /// <summary>Runs the relay with text on its standard input until it exits.</summary>
    public static async Task<(int ExitCode, string Output)> RunWithInputAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Assembly, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = ChildProcess.StartProcess(start);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    public Task<string> GetAsync(string path) => Client.GetStringAsync(new Uri(path, UriKind.Relative));

    /// <summary>Requests a page until it contains the text, because a response waits for a slow target only for a limited time.</summary>
    public Task<string> WaitForTextAsync(string path, string text) => WaitForMatchAsync(path, page => page.Contains(text, StringComparison.Ordinal));

    public Task<string> WaitForMatchAsync(string path, Func<string, bool> matches) =>
        Eventually.ReadAsync(() => GetAsync(path), matches, page => $"{path}:\n{page}");

    /// <summary>Requests the relay's own metrics until a series has at least this value.</summary>
    public Task<string> WaitForValueAsync(string series, double atLeast) => WaitForMatchAsync("/-/metrics", page => page.Split('\n').Any(
        line => line.StartsWith(series + " ", StringComparison.Ordinal)
            && double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture) >= atLeast));

    public Task<int> KillAsync() => _process.KillAsync();

    /// <returns>The exit code.</returns>
    public Task<int> TerminateAsync() => _process.TerminateAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Client.Dispose();
    }
}
