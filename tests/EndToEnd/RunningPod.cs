using System.Collections.Concurrent;
using System.Net.Security;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using TestKit;

namespace EndToEnd;

/// <summary>A Pod in the lab, started with the README's command and seen as a user sees it: its output and its ports.</summary>
internal sealed partial class RunningPod : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Facts = typeof(RunningPod).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().ToDictionary(a => a.Key, a => a.Value!);

    private RunningPod(ChildProcess lab, string name) => (Lab, Name) = (lab, name);

    public static string Repository => Facts["Repository"];

    public ChildProcess Lab { get; }

    public string Name { get; }

    /// <summary>What the lab keeps of the Pod on disk.</summary>
    public string Directory => Path.Combine(Repository, ".lab", Name);

    /// <summary>A client that takes any certificate and reports its serial number.</summary>
    public static HttpClient Client(ConcurrentBag<string>? serials = null, int connections = 256, bool keepAlive = true) => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = connections,
        PooledConnectionLifetime = keepAlive ? Timeout.InfiniteTimeSpan : TimeSpan.Zero,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                serials?.Add(certificate!.GetSerialNumberString());
                return true;
            },
        },
    })
    {
        BaseAddress = new Uri("https://localhost:8443"),
    };

    public static async Task<RunningPod> StartAsync(string? manifest = null, string pod = "agent-with-all-sidecars", string ready = "4/4")
    {
        string[] arguments = ["run", "--project", "lab", "--no-build", "--configuration", Facts["Configuration"], .. manifest is null ? Array.Empty<string>() : ["--", manifest]];
        var running = new RunningPod(ChildProcess.Start("dotnet", arguments, directory: Repository), pod);
        try
        {
            await running.Lab.SaysAsync($"{ready} ");
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a container has written, without the lab's prefix.</summary>
    public IEnumerable<string> Lines(string container) => Lab.Output
        .Select(l => LinePattern().Match(l))
        .Where(m => m.Success && m.Groups[1].Value == container)
        .Select(m => m.Groups[2].Value);

    /// <summary>The request log as the logging sidecar has shipped it.</summary>
    public IEnumerable<JsonElement> ShippedLines() => Lines("logging-sidecar")
        .Where(l => l.StartsWith('{'))
        .Select(l => JsonDocument.Parse(l).RootElement)
        // The tailer's own diagnostics come by stderr through the same output; a request has an id and a method.
        .Where(l => l.TryGetProperty("request_id", out _) && l.TryGetProperty("method", out _));

    /// <summary>The process ids of the Pod's containers now, found by their program.</summary>
    public static IReadOnlyList<int> ProcessesOf(string assembly) =>
    [
        .. System.IO.Directory.EnumerateDirectories("/proc")
            .Select(d => (Id: int.TryParse(Path.GetFileName(d), out var id) ? id : 0, Directory: d))
            .Where(p => p.Id > 0 && CommandLine(p.Directory).Split('\0').Any(a => a.EndsWith("/" + assembly, StringComparison.Ordinal)))
            .Select(p => p.Id),
    ];

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private static string CommandLine(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return "";
        }
    }

    [GeneratedRegex(@"^([a-z0-9-]+)\s*\| (.*)$")]
    private static partial Regex LinePattern();
}
