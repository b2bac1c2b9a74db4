using System.Buffers.Binary;
using System.Runtime.InteropServices;
using LogTailer.Native;
using Microsoft.Win32.SafeHandles;

namespace LogTailer.Files;

/// <summary>The metadata of a file, read with one system call.</summary>
/// <param name="Identity">Device and inode.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Modified">The modification time, with the resolution of the file system.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="Links">The number of names (hard links); 0 after the file is deleted.</param>
/// <param name="Mode">Unix permission bits; 0 on Windows.</param>
/// <param name="Owner">Unix user id of the owner; 0 on Windows.</param>
internal readonly record struct FileStat(
    FileIdentity Identity, long Size, DateTime Modified, bool IsDirectory, uint Links, uint Mode, uint Owner)
{
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const int FormatMask = 0xf000;
    private const int FormatDirectory = 0x4000;

    /// <summary>On Arm64, stat(2) of macOS has 64-bit inodes; elsewhere that is a separate function.</summary>
    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>
    /// Reads the metadata of <paramref name="path"/>, following symbolic links; false when the file is missing or inaccessible.
    /// </summary>
    public static unsafe bool TryReadPath(string path, out FileStat stat)
    {
        stat = default;

        if (OperatingSystem.IsWindows())
        {
            return TryReadWindowsPath(path, out stat);
        }

        var result = stackalloc byte[256];

        if (OperatingSystem.IsMacOS())
        {
            var failed = IsArm64 ? Libc.ReadStat(path, result) : Libc.ReadStat64(path, result);
            stat = failed == 0 ? ParseDarwinStat(new ReadOnlySpan<byte>(result, 256)) : default;
            return failed == 0;
        }

        if (Libc.ReadStatx(CurrentDirectory, path, 0, BasicStats, result) != 0)
        {
            return false;
        }

        stat = ParseStatx(new ReadOnlySpan<byte>(result, 256));
        return true;
    }

    /// <summary>Reads the metadata of an open file.</summary>
    /// <exception cref="IOException">The file system returned an error.</exception>
    public static unsafe FileStat ReadHandle(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            return ReadWindowsHandle(file);
        }

        var result = stackalloc byte[256];
        int failed;

        if (OperatingSystem.IsMacOS())
        {
            failed = IsArm64 ? Libc.ReadFstat(file, result) : Libc.ReadFstat64(file, result);
        }
        else
        {
            failed = Libc.ReadStatx(file, "", EmptyPath, BasicStats, result);
        }

        if (failed != 0)
        {
            throw new IOException($"The file metadata cannot be read: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }

        var bytes = new ReadOnlySpan<byte>(result, 256);
        return OperatingSystem.IsMacOS() ? ParseDarwinStat(bytes) : ParseStatx(bytes);
    }

    /// <summary><c>struct statx</c> of Linux: the same layout on every architecture.</summary>
    private static FileStat ParseStatx(ReadOnlySpan<byte> bytes)
    {
        var mode = MemoryMarshal.Read<ushort>(bytes[28..]);

        return new FileStat(
            new FileIdentity(
                ((ulong)MemoryMarshal.Read<uint>(bytes[136..]) << 32) | MemoryMarshal.Read<uint>(bytes[140..]),
                MemoryMarshal.Read<ulong>(bytes[32..])),
            MemoryMarshal.Read<long>(bytes[40..]),
            ToDateTime(MemoryMarshal.Read<long>(bytes[112..]), MemoryMarshal.Read<uint>(bytes[120..])),
            (mode & FormatMask) == FormatDirectory,
            MemoryMarshal.Read<uint>(bytes[16..]),
            (uint)(mode & 0xfff),
            MemoryMarshal.Read<uint>(bytes[20..]));
    }

    /// <summary><c>struct stat</c> of macOS with 64-bit inodes.</summary>
    private static FileStat ParseDarwinStat(ReadOnlySpan<byte> bytes)
    {
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);

        return new FileStat(
            new FileIdentity(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[96..]),
            ToDateTime(BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]), (uint)BinaryPrimitives.ReadInt64LittleEndian(bytes[56..])),
            (mode & FormatMask) == FormatDirectory,
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
            (uint)(mode & 0xfff),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));
    }

    private static DateTime ToDateTime(long seconds, uint nanoseconds)
        => DateTime.UnixEpoch.AddTicks((seconds * TimeSpan.TicksPerSecond) + (nanoseconds / 100));

    private static bool TryReadWindowsPath(string path, out FileStat stat)
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
            stat = ReadHandle(file);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static FileStat ReadWindowsHandle(SafeFileHandle file)
    {
        if (!OperatingSystem.IsWindows() || !Kernel32.GetFileInformation(file, out var information))
        {
            throw new IOException($"The file metadata cannot be read: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
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
