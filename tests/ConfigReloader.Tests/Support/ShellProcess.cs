
namespace ConfigReloader.Tests.Support;

/// <summary>Shell scripts as target processes, such as one with <c>trap … HUP</c>.</summary>
internal static class ShellProcess
{
    /// <summary>The end of a script that runs until the test process exits.</summary>
    public const string UntilOrphaned = "while kill -0 $PPID; do sleep 0.02; done";

    /// <summary>A script that prints <c>ready</c>, then <c>reload</c> for each signal, and exits with its parent.</summary>
    public static string Trapping(string signal) => $"trap 'echo reload' {signal}; echo ready; {UntilOrphaned}";

    /// <summary>A copy of the shell with a name that no other process on this machine has.</summary>
    public static string Named(TemporaryDirectory directory, string name)
    {
        var program = directory[name];
        File.Copy("/bin/sh", program);
        return program;
    }

    /// <summary>Starts a script and waits for its first line; the traps are set by then.</summary>
    public static async Task<ChildProcess> StartAsync(string program, string script)
    {
        var process = ChildProcess.Start(program, ["-c", script]);
        await process.WaitForLineAsync("ready");
        return process;
    }
}
