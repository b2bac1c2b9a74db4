namespace Lab.Containers.Local;

/// <summary>
/// The files of one run of a Pod: <c>.lab/POD/</c> in the current directory, or in the temporary directory if that is not writable. It
/// is emptied at the start of a run and kept afterwards for inspection. Persistent volume claims and host paths are in the directory
/// above and outlive the run, as they outlive a Pod.
/// </summary>
internal sealed class RunDirectory : IDisposable
{
    private readonly FileStream _lock;

    private RunDirectory(string root, string pod, FileStream @lock)
    {
        _lock = @lock;
        Root = Path.Combine(root, pod);
        SharedDirectory = root;
    }

    public string Root { get; }

    /// <summary>The directory above, for data that outlives a Pod.</summary>
    public string SharedDirectory { get; }

    public string GetVolumePath(string name) => Path.Combine(Root, "volumes", name);

    /// <summary>The files of a volume for one container, with its paths translated.</summary>
    public string GetTranslatedVolumePath(string container, string name) => Path.Combine(Root, "translated", container, name);

    /// <summary>The directory that stands for <c>/</c> of the container. It contains only the mounts and <c>/tmp</c>.</summary>
    public string GetContainerRoot(string container) => Path.Combine(Root, "containers", container);

    /// <summary>Locks and empties the directory of a Pod.</summary>
    /// <exception cref="IOException">Another lab runs this Pod here.</exception>
    public static RunDirectory OpenDirectory(string pod, string? parent = null)
    {
        var (root, lockFile) = OpenRoot(pod, parent ?? Environment.CurrentDirectory);
        var directory = new RunDirectory(root, pod, lockFile);
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
        var preferred = Path.Combine(parent, ".lab");
        try
        {
            return (preferred, AcquireLock(preferred, pod));
        }
        catch (UnauthorizedAccessException)
        {
            return OpenFallback();
        }
        catch (IOException) when (!CanWrite(preferred))
        {
            return OpenFallback();
        }

        (string, FileStream) OpenFallback()
        {
            var fallback = Path.Combine(Path.GetTempPath(), $"lab-{Environment.UserName}");
            return (fallback, AcquireLock(fallback, pod));
        }
    }

    private static FileStream AcquireLock(string root, string pod)
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

    /// <summary>Accessible only to the user, because the volumes contain private keys.</summary>
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
