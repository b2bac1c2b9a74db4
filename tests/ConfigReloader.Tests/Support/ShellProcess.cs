using TestKit;

namespace ConfigReloader.Tests.Support;

/// <summary>Real processes that are not ours, such as one with <c>trap … HUP</c>.</summary>
internal static class ShellProcess
{
    /// <summary>The rest of a script that lives as long as the test.</summary>
    public const string UntilOrphaned = "while kill -0 $PPID; do sleep 0.02; done";

    /// <summary>A script that prints <c>ready</c>, then <c>reload</c> at each signal, and ends with the one who started it.</summary>
    public static string Trapping(string signal) => $"trap 'echo reload' {signal}; echo ready; {UntilOrphaned}";

    /// <summary>A copy of the shell under a name that nothing else on this machine has.</summary>
    public static string Named(TemporaryDirectory directory, string name)
    {
        var program = directory[name];
        File.Copy("/bin/sh", program);
        return program;
    }

    /// <summary>Starts a script and waits for its first line, after which it has set its traps.</summary>
    public static async Task<ChildProcess> StartAsync(string program, string script)
    {
        var process = ChildProcess.Start(program, ["-c", script]);
        await process.SaysAsync("ready");
        return process;
    }
}
