namespace Agent.Tests.Support;

/// <summary>A test that needs a Linux feature.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "requires Linux";
        }
    }
}
