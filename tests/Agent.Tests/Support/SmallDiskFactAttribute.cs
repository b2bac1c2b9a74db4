namespace Agent.Tests.Support;

/// <summary>A test that needs a file system that it can fill.</summary>
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute()
    {
        if (!SmallDisk.IsAvailable)
        {
            Skip = "requires Linux and the permission to mount a tmpfs";
        }
    }
}
