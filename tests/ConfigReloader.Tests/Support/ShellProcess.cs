using System.Diagnostics;

namespace ConfigReloader.Tests.Support;

/// <summary>A real process that is not ours, such as one with <c>trap … HUP</c>. Ends with the test.</summary>
internal sealed class ShellProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private ShellProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) =>
        {
            lock (_lines)
            {
                if (line.Data is not null)
                {
                    _lines.Add(line.Data);
                }
            }
        };
        _process.BeginOutputReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Starts <paramref name="program"/>, a link to a shell made by <see cref="NamedShell"/>, and waits for its first line.</summary>
    public static async Task<ShellProcess> StartAsync(string program, string script)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        var process = new ShellProcess(Process.Start(start)!);
        await Eventually.TrueAsync(() => process.Lines.Count > 0, "the process says that it runs");
        return process;
    }

    /// <summary>A copy of the shell under a name that nothing else on this machine has.</summary>
    public static string NamedShell(TemporaryDirectory directory, string name)
    {
        var program = directory[name];
        File.Copy("/bin/sh", program);
        return program;
    }

    /// <summary>A script that prints <c>ready</c>, then <c>reload</c> at each signal, and ends with the one who started it.</summary>
    public static string Trapping(string signal) => $"trap 'echo reload' {signal}; echo ready; {UntilOrphaned}";

    /// <summary>The rest of a script that lives as long as the test.</summary>
    public const string UntilOrphaned = "while kill -0 $PPID; do sleep 0.02; done";

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
