using TestKit;

namespace ConfigReloader.Tests.Support;

/// <summary>A test that makes a named pipe.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxPipeFactAttribute : FactAttribute
{
    public LinuxPipeFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "needs Linux";
        }
    }

    public static void Make(string path)
    {
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]);
        Assert.True(mkfifo.WaitForExit(Eventually.Deadline));
        Assert.Equal(0, mkfifo.ExitCode);
    }
}
