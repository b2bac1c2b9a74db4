namespace ConfigReloader.Tests.Support;

/// <summary>A test that creates a named pipe.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamedPipeFactAttribute : FactAttribute
{
    public NamedPipeFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "needs Linux";
        }
    }

    public static void CreatePipe(string path)
    {
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]);
        Assert.True(mkfifo.WaitForExit(Eventually.Deadline));
        Assert.Equal(0, mkfifo.ExitCode);
    }
}
