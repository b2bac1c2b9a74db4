using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogTailer.Native;

/// <summary>C library functions that .NET has no equivalent for. Read errors with <see cref="Marshal.GetLastPInvokeError"/>.</summary>
internal static partial class Libc
{
    public const int ErrorInterrupted = 4;
    public const int ErrorPipe = 32;

    /// <summary>EAGAIN: 11 on Linux, 35 on macOS.</summary>
    public static int ErrorAgain { get; } = OperatingSystem.IsMacOS() ? 35 : 11;

    public const short PollIn = 1;
    public const short PollOut = 4;

    /// <summary>F_SETPIPE_SZ and F_GETPIPE_SZ.</summary>
    public const int SetPipeSize = 1031;
    public const int GetPipeSize = 1032;

    public const int InotifyNonBlocking = 0x800;
    public const int InotifyCloseOnExec = 0x80000;

    /// <summary>IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_MOVE_SELF.</summary>
    public const uint InotifyMask = 0x2 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static unsafe partial nint WriteBytes(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint ReadBytes(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int CloseDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static unsafe partial int PollDescriptors(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "pipe", SetLastError = true)]
    public static unsafe partial int CreatePipe(int* readAndWrite);

    /// <summary>fcntl(2) on Linux, where variadic arguments are passed like regular ones.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [SupportedOSPlatform("linux")]
    public static partial int FileControl(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    public static partial int InotifyInit(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int InotifyAddWatch(int inotify, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int ReadStatx(int directory, string path, int flags, uint mask, byte* result);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int ReadStatx(SafeFileHandle file, string path, int flags, uint mask, byte* result);

    [LibraryImport("libc", EntryPoint = "stat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int ReadStat(string path, byte* result);

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    public static unsafe partial int ReadFstat(SafeFileHandle file, byte* result);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int ReadStat64(string path, byte* result);

    [LibraryImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    public static unsafe partial int ReadFstat64(SafeFileHandle file, byte* result);
}
