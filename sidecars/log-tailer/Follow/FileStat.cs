using System.Buffers.Binary;
using System.Runtime.InteropServices;
using LogTailer.Native;
using Microsoft.Win32.SafeHandles;

namespace LogTailer.Follow;

/// <summary>What the file system says of a file, in one call.</summary>
/// <param name="Identity">Device and inode.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Last write, with the file system's resolution.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="Links">Names that the file still has; 0 once it is deleted.</param>
/// <param name="Mode">Unix permission bits; 0 on Windows.</param>
/// <param name="Owner">Unix owner id; 0 on Windows.</param>
internal readonly record struct FileStat(
    FileIdentity Identity, long Size, DateTime Modified, bool IsDirectory, uint Links, uint Mode, uint Owner)
{
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const int FormatMask = 0xf000;
    private const int FormatDirectory = 0x4000;

    /// <summary>Looks at <paramref name="path"/>, following symbolic links; false when nothing is there or it cannot be reached.</summary>
    public static unsafe bool TryRead(string path, out FileStat stat)
    {
        stat = default;

        if (OperatingSystem.IsWindows())
        {
            return TryReadOnWindows(path, out stat);
        }

        var result = stackalloc byte[256];

        if (OperatingSystem.IsMacOS())
        {
            var failed = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Libc.Stat(path, result) : Libc.Stat64(path, result);
            stat = failed == 0 ? FromDarwin(new ReadOnlySpan<byte>(result, 256)) : default;
            return failed == 0;
        }

        if (Libc.Statx(CurrentDirectory, path, 0, BasicStats, result) != 0)
        {
            return false;
        }

        stat = FromStatx(new ReadOnlySpan<byte>(result, 256));
        return true;
    }

    /// <summary>Looks at an open file.</summary>
    /// <exception cref="IOException">The file system does not answer.</exception>
    public static unsafe FileStat Read(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            return ReadOnWindows(file);
        }

        var result = stackalloc byte[256];
        int failed;

        if (OperatingSystem.IsMacOS())
        {
            failed = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Libc.Fstat(file, result) : Libc.Fstat64(file, result);
        }
        else
        {
            failed = Libc.Statx(file, "", EmptyPath, BasicStats, result);
        }

        if (failed != 0)
        {
            throw new IOException($"The file cannot be looked at: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }

        var bytes = new ReadOnlySpan<byte>(result, 256);
        return OperatingSystem.IsMacOS() ? FromDarwin(bytes) : FromStatx(bytes);
    }

    /// <summary><c>struct statx</c> of Linux: the same layout on every architecture.</summary>
    private static FileStat FromStatx(ReadOnlySpan<byte> bytes)
    {
        var mode = MemoryMarshal.Read<ushort>(bytes[28..]);

        return new FileStat(
            new FileIdentity(
                ((ulong)MemoryMarshal.Read<uint>(bytes[136..]) << 32) | MemoryMarshal.Read<uint>(bytes[140..]),
                MemoryMarshal.Read<ulong>(bytes[32..])),
            MemoryMarshal.Read<long>(bytes[40..]),
            At(MemoryMarshal.Read<long>(bytes[112..]), MemoryMarshal.Read<uint>(bytes[120..])),
            (mode & FormatMask) == FormatDirectory,
            MemoryMarshal.Read<uint>(bytes[16..]),
            (uint)(mode & 0xfff),
            MemoryMarshal.Read<uint>(bytes[20..]));
    }

    /// <summary><c>struct stat</c> of macOS with 64-bit inodes.</summary>
    private static FileStat FromDarwin(ReadOnlySpan<byte> bytes)
    {
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);

        return new FileStat(
            new FileIdentity(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[96..]),
            At(BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]), (uint)BinaryPrimitives.ReadInt64LittleEndian(bytes[56..])),
            (mode & FormatMask) == FormatDirectory,
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
            (uint)(mode & 0xfff),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));
    }

    private static DateTime At(long seconds, uint nanoseconds)
        => DateTime.UnixEpoch.AddTicks((seconds * TimeSpan.TicksPerSecond) + (nanoseconds / 100));

    private static bool TryReadOnWindows(string path, out FileStat stat)
    {
        stat = default;

        if (Directory.Exists(path))
        {
            stat = new FileStat(default, 0, Directory.GetLastWriteTimeUtc(path), IsDirectory: true, 1, 0, 0);
            return true;
        }

        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            stat = Read(file);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static FileStat ReadOnWindows(SafeFileHandle file)
    {
        if (!OperatingSystem.IsWindows() || !Kernel32.GetFileInformation(file, out var information))
        {
            throw new IOException($"The file cannot be looked at: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }

        return new FileStat(
            new FileIdentity(information.VolumeSerialNumber, ((ulong)information.IndexHigh << 32) | information.IndexLow),
            ((long)information.SizeHigh << 32) | information.SizeLow,
            DateTime.FromFileTimeUtc(information.LastWriteTime),
            IsDirectory: false,
            information.Links,
            0,
            0);
    }
}
