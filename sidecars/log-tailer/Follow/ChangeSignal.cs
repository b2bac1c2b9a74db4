namespace LogTailer.Follow;

/// <summary>The change notification that this system has.</summary>
internal static class ChangeSignal
{
    public static IChangeSignal Create()
    {
        IChangeSignal? signal = OperatingSystem.IsLinux() ? InotifySignal.TryCreate() : null;
        return signal ?? new WatcherSignal();
    }
}
