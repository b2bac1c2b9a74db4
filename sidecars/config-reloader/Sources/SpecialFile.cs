using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ConfigReloader.Sources;

/// <summary>
/// Detects pipes, sockets and devices, which .NET cannot distinguish from regular files. Uses statx(2), whose result has the same
/// layout on every architecture.
/// </summary>
internal static partial class SpecialFile
{
    private const int CurrentDirectory = -100;
    private const uint RequestedFields = 1;
    private const int ResultBytes = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;
    private const int Directory = 0x4000;

    /// <summary>True if the path exists and is neither a regular file nor a directory. Links are followed.</summary>
    public static bool IsSpecialFile(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var result = new byte[ResultBytes];
        return ReadFileStatus(CurrentDirectory, path, 0, RequestedFields, result) == 0
            && (BinaryPrimitives.ReadUInt16LittleEndian(result.AsSpan(ModeOffset)) & TypeMask) is not (Regular or Directory);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ReadFileStatus(int directory, string path, int flags, uint mask, [Out] byte[] result);
}
