namespace Agent.Tests.Support;

/// <summary>A test that needs a disk of its own which can be filled.</summary>
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute()
    {
        if (!SmallDisk.IsAvailable)
        {
            Skip = "needs Linux and the right to mount a tmpfs";
        }
    }
}
