namespace Lab.Containers.Local;

/// <summary>
/// Where a run of a Pod keeps its files: <c>.lab/POD/</c> under the current directory, or below the temporary directory where
/// that cannot be written. Emptied when a run begins and left as it is at its end, to look into. Claims and host paths live
/// beside it and outlive a run, as they outlive a Pod.
/// </summary>
internal sealed class RunDirectory : IDisposable
{
    private readonly FileStream _lock;

    private RunDirectory(string root, string pod, FileStream @lock)
    {
        _lock = @lock;
        Root = Path.Combine(root, pod);
        Shared = root;
    }

    public string Root { get; }

    /// <summary>The directory above, for what outlives a Pod.</summary>
    public string Shared { get; }

    public string Volume(string name) => Path.Combine(Root, "volumes", name);

    /// <summary>The volume's files for one container whose paths had to be translated in them.</summary>
    public string TranslatedVolume(string container, string name) => Path.Combine(Root, "translated", container, name);

    /// <summary>What the container sees as <c>/</c>, as far as it is there.</summary>
    public string ContainerRoot(string container) => Path.Combine(Root, "containers", container);

    /// <exception cref="IOException">Another lab runs this Pod here.</exception>
    public static RunDirectory Open(string pod, string? parent = null)
    {
        var (root, held) = OpenRoot(pod, parent ?? Environment.CurrentDirectory);
        var directory = new RunDirectory(root, pod, held);
        if (Directory.Exists(directory.Root))
        {
            Directory.Delete(directory.Root, recursive: true);
        }

        CreatePrivate(directory.Root);
        return directory;
    }

    public void Dispose() => _lock.Dispose();

    private static (string Root, FileStream Lock) OpenRoot(string pod, string parent)
    {
        var wanted = Path.Combine(parent, ".lab");
        try
        {
            return (wanted, Hold(wanted, pod));
        }
        catch (UnauthorizedAccessException)
        {
            return Elsewhere();
        }
        catch (IOException) when (!CanWrite(wanted))
        {
            return Elsewhere();
        }

        (string, FileStream) Elsewhere()
        {
            var fallback = Path.Combine(Path.GetTempPath(), $"lab-{Environment.UserName}");
            return (fallback, Hold(fallback, pod));
        }
    }

    private static FileStream Hold(string root, string pod)
    {
        CreatePrivate(root);
        return new FileStream(Path.Combine(root, $"{pod}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
    }

    private static bool CanWrite(string directory)
    {
        try
        {
            var file = Path.Combine(directory, $".{Guid.NewGuid():N}");
            File.WriteAllBytes(file, []);
            File.Delete(file);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>For the user alone: the volumes hold private keys.</summary>
    private static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
