using System.Runtime.InteropServices;

namespace Lab.Containers.Local;

/// <summary>Functions of the C library that .NET does not offer.</summary>
internal static partial class Native
{
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private const int SigPipe = 13;
    private const int SetParentDeathSignal = 1;

    /// <summary>Sends a signal to a process, or to a process group by its negated id. A process that has exited is not an error.</summary>
    public static void SendSignal(int process, int signal) => _ = KillProcess(process, signal);

    /// <summary>
    /// Turns the calling process into the first process of a container: it gets its own session, is killed when its parent dies, and
    /// executes <paramref name="program"/>.
    /// </summary>
    /// <returns>The exit code if the program could not be executed.</returns>
    public static int BecomeContainer(int parent, string program, IReadOnlyList<string> arguments)
    {
        _ = SetSession();
        if (OperatingSystem.IsLinux())
        {
            _ = ProcessControl(SetParentDeathSignal, SigKill, 0, 0, 0);
        }

        if (GetParentProcess() != parent)
        {
            // The lab exited before the death signal was set.
            return 137;
        }

        // .NET ignores SIGPIPE, and an ignored signal stays ignored in the executed program.
        _ = SetHandler(SigPipe, 0);
        _ = ExecuteProgram(program, [program, .. arguments, null]);
        return 127;
    }

    /// <summary>
    /// Replaces a path atomically, even if it is a link to a directory. <see cref="File.Move(string, string, bool)"/> follows such a
    /// link and fails.
    /// </summary>
    public static void ReplacePath(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.Delete(to);
            Directory.Move(from, to);
        }
        else if (RenamePath(from, to) != 0)
        {
            throw new IOException($"{from} cannot be renamed to {to}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int KillProcess(int process, int signal);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentProcess();

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenamePath(string from, string to);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ExecuteProgram(string program, string?[] arguments);
}
