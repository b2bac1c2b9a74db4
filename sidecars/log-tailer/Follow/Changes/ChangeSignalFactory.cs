namespace LogTailer.Follow.Changes;

/// <summary>Selects the change notification of the operating system.</summary>
internal static class ChangeSignalFactory
{
    public static IChangeSignal CreateSignal()
    {
        IChangeSignal? signal = OperatingSystem.IsLinux() ? InotifySignal.TryCreate() : null;
        return signal ?? new WatcherSignal();
    }
}
