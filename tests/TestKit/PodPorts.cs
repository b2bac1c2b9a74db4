namespace TestKit;

/// <summary>
/// The ports of the Pod (8000 and so on), of which a machine has one of each: held by the test project whose Pod runs, while
/// another waits, since <c>dotnet test</c> runs several projects at a time.
/// </summary>
public sealed class PodPorts : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(45);

    private readonly FileStream _held;

    private PodPorts(FileStream held) => _held = held;

    /// <summary>Waits until nobody holds them, and holds them until disposal, or the end of this process.</summary>
    public static async Task<PodPorts> HoldAsync()
    {
        FileStream? held = null;
        await Eventually.HoldsAsync(() => TryHold(out held), "the ports of the Pod, which another test project holds", Longest);
        return new PodPorts(held!);
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();

    private static bool TryHold(out FileStream? held)
    {
        try
        {
            held = new FileStream(Path.Combine(Path.GetTempPath(), "agent-sidecars-pod-ports.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held = null;
            return false;
        }
    }
}
