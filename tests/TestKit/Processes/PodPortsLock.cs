namespace TestKit;

/// <summary>
/// A lock on the fixed ports of the Pod (8000, 8001 and so on). <c>dotnet test</c> runs several test projects at a time, but only
/// one of them can run the Pod.
/// </summary>
public sealed class PodPortsLock : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(45);

    private readonly FileStream _file;

    private PodPortsLock(FileStream file) => _file = file;

    /// <summary>Waits until no other process holds the lock, then holds it until disposal or the end of this process.</summary>
    public static async Task<PodPortsLock> AcquireAsync()
    {
        FileStream? file = null;
        await Eventually.AssertAsync(() => TryOpenExclusively(out file), "another test project still holds the ports of the Pod", Deadline);
        return new PodPortsLock(file!);
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => _file.Dispose();

    private static bool TryOpenExclusively(out FileStream? file)
    {
        try
        {
            var path = Path.Combine(Path.GetTempPath(), "agent-sidecars-pod-ports.lock");
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file = null;
            return false;
        }
    }
}
