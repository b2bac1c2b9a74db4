using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Agent.Tests.Support;

/// <summary>The agent as a process, killed at the latest when the test is done.</summary>
internal sealed partial class AgentProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private string _output = "";
    private string _errors = "";

    private AgentProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Append(ref _output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(ref _errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_lock)
            {
                return _output;
            }
        }
    }

    public string Errors
    {
        get
        {
            lock (_lock)
            {
                return _errors;
            }
        }
    }

    /// <summary>What it occupies now, as Linux counts it.</summary>
    public long ResidentBytes => 1024 * long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    public static AgentProcess Start(params string[] arguments) => new(Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Agent.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);

    public async Task<int> ExitCodeAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>Where it listens, once it says so.</summary>
    public async Task<string> AddressAsync()
    {
        var address = "";
        await Eventually.IsTrueAsync(
            () => (address = Listening().Match(Output).Groups["address"].Value).Length > 0, $"it listens; so far: {Output}{Errors}");
        return address;
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    [GeneratedRegex("\"message\":\"Listening on (?<address>http[^\" ]+)\"")]
    private static partial Regex Listening();

    private void Append(ref string text, string? line)
    {
        lock (_lock)
        {
            text += line + "\n";
        }
    }
}
