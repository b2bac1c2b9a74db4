using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LogTailer.Tests;

/// <summary>The real program as a child process: its stdout, its diagnostics, its management port, its signals.</summary>
internal sealed partial class TailerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly List<string> _diagnostics = [];
    private readonly Task _reading;
    private readonly Task _readingDiagnostics;
    private readonly TaskCompletionSource _mayRead = new();
    private readonly HttpClient _client = new();

    private TailerProcess(Process process, bool readOutput)
    {
        _process = process;
        _reading = Task.Run(ReadOutputAsync);
        _readingDiagnostics = Task.Run(ReadDiagnosticsAsync);

        if (readOutput)
        {
            _mayRead.SetResult();
        }
    }

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "LogTailer.dll");

    public List<string> Lines => Copy(_lines);

    public int LineCount
    {
        get
        {
            lock (_lines)
            {
                return _lines.Count;
            }
        }
    }

    public List<string> Diagnostics => Copy(_diagnostics);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The most memory that was resident at once, in bytes, as the kernel counted it.</summary>
    public long PeakResidentBytes => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).AsSpan()[6..^2].Trim(),
        CultureInfo.InvariantCulture) * 1024;

    public static TailerProcess Start(string logFile, params string[] arguments) => Start(logFile, readOutput: true, runner: null, arguments);

    public static TailerProcess StartWithUnreadOutput(string logFile, params string[] arguments) => Start(logFile, readOutput: false, runner: null, arguments);

    /// <summary>Starts it by way of another program, such as <c>setpriv --reuid=65534</c>.</summary>
    public static TailerProcess StartThrough(string[] runner, string logFile, params string[] arguments) => Start(logFile, readOutput: true, runner, arguments);

    public void BeginReading() => _mayRead.TrySetResult();

    /// <summary>Closes our end of its stdout.</summary>
    public void StopReading() => _process.StandardOutput.Close();

    public async Task Prints(params string[] lines)
    {
        await Prints(lines.Length);
        Assert.Equal(lines, Lines);
    }

    public Task Prints(int count) => Eventually.HoldsAsync(() => LineCount >= count, () => $"{LineCount} of {count} lines. {this}");

    public async Task<JsonObject> Status() => JsonNode.Parse(await _client.GetStringAsync(new Uri(await Management(), "/statusz")))!.AsObject();

    public async Task<string> Metrics() => await _client.GetStringAsync(new Uri(await Management(), "/metrics"));

    public async Task<int> Probe(string path)
    {
        using var answer = await _client.GetAsync(new Uri(await Management(), path));
        return (int)answer.StatusCode;
    }

    /// <summary>The value of a metric, of its first series.</summary>
    public async Task<double> Metric(string name)
    {
        var line = (await Metrics()).Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal) || l.StartsWith(name + "{", StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture);
    }

    public void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    public async Task<int> TerminateAsync()
    {
        const int SigTerm = 15;
        Signal(SigTerm);
        return await ExitAsync();
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    public async Task<int> ExitAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"It does not end. {this}");
        }

        if (_mayRead.Task.IsCompleted)
        {
            await _reading;
        }

        await _readingDiagnostics;
        return _process.ExitCode;
    }

    public override string ToString() => string.Join('\n', Diagnostics.TakeLast(20));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _mayRead.TrySetResult();
        await Task.WhenAll(_reading, _readingDiagnostics);
        _process.Dispose();
        _client.Dispose();
    }

    private static TailerProcess Start(string logFile, bool readOutput, string[]? runner, string[] arguments)
    {
        var command = new[] { "dotnet", Program };
        var verb = arguments.TakeWhile(argument => !argument.StartsWith('-')).ToArray();
        command = [.. runner ?? [], .. command, .. verb, "--Management:Port=0", "--Listen:Address=localhost", .. arguments.Skip(verb.Length)];
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            UseShellExecute = false,
        };
        start.Environment["LOG_FILE"] = logFile;
        start.Environment.Remove("CONFIG_FILE");

        return new TailerProcess(Process.Start(start)!, readOutput);
    }

    private async Task<Uri> Management()
    {
        Uri? address = null;
        await Eventually.HoldsAsync(() => (address = Announced()) is not null || _process.HasExited, () => $"It does not announce its port. {this}");
        return address ?? throw new InvalidOperationException($"It has ended. {this}");
    }

    private Uri? Announced()
    {
        var line = Diagnostics.Concat(Lines).FirstOrDefault(d => d.Contains("\"event\":\"Listening\"", StringComparison.Ordinal));
        return line is null ? null : new Uri($"http://localhost:{JsonDocument.Parse(line).RootElement.GetProperty("port").GetInt32()}");
    }

    private async Task ReadOutputAsync()
    {
        await _mayRead.Task;

        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                lock (_lines)
                {
                    _lines.Add(line);
                }
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or IOException or OperationCanceledException)
        {
            // The test has closed it.
        }
    }

    private async Task ReadDiagnosticsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_diagnostics)
            {
                _diagnostics.Add(line);
            }
        }
    }

    private static List<string> Copy(List<string> lines)
    {
        lock (lines)
        {
            return [.. lines];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
