using System.ComponentModel;
using System.Diagnostics;
using TestKit;

namespace ConfigReloader.Tests.Support;

/// <summary>A test that needs a command to work here, which takes a program and mostly a right: it is run once to see.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RunsFactAttribute : FactAttribute
{
    public RunsFactAttribute(params string[] command)
    {
        if (!Runs(command))
        {
            Skip = $"needs `{string.Join(' ', command)}` to work, which it does not here";
        }
    }

    private static bool Runs(string[] command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
            return process.WaitForExit(Eventually.Deadline) && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
