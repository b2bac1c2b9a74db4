using System.Runtime.InteropServices;

namespace Lab.Containers.Local;

/// <summary>The few calls of the C library that .NET has no name for.</summary>
internal static partial class Native
{
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private const int SigPipe = 13;
    private const int SetParentDeathSignal = 1;

    /// <summary>Sends a signal to a process, or to a whole group by its negated number. One that is gone is no error.</summary>
    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    /// <summary>
    /// Makes the calling process a container's first process and turns it into <paramref name="program"/>: a session of its
    /// own, and dead when its parent is.
    /// </summary>
    /// <returns>The exit code, if the program could not be run.</returns>
    public static int Become(int parent, string program, IReadOnlyList<string> arguments)
    {
        _ = SetSession();
        if (OperatingSystem.IsLinux())
        {
            _ = ProcessControl(SetParentDeathSignal, SigKill, 0, 0, 0);
        }

        if (ParentProcess() != parent)
        {
            // The lab died before the signal was set.
            return 137;
        }

        // .NET ignores SIGPIPE, and what is ignored stays so in the next program.
        _ = SetHandler(SigPipe, 0);
        _ = Execute(program, [program, .. arguments, null]);
        return 127;
    }

    /// <summary>
    /// Puts one name in the place of another in a single step, as a link that points to a directory too:
    /// <see cref="File.Move(string, string, bool)"/> follows the link, finds no file and refuses.
    /// </summary>
    public static void Rename(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.Delete(to);
            Directory.Move(from, to);
        }
        else if (RenamePath(from, to) != 0)
        {
            throw new IOException($"{from} cannot become {to}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int ParentProcess();

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenamePath(string from, string to);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string program, string?[] arguments);
}
