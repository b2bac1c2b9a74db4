using System.ComponentModel;
using System.Diagnostics;

namespace ConfigReloader.Tests.Support;

/// <summary>A test that is skipped unless a command succeeds here. The command is run once to find out.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequiresCommandFactAttribute : FactAttribute
{
    public RequiresCommandFactAttribute(params string[] command)
    {
        if (!Succeeds(command))
        {
            Skip = $"`{string.Join(' ', command)}` fails on this machine";
        }
    }

    private static bool Succeeds(string[] command)
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
