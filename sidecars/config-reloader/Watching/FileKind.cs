using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ConfigReloader.Watching;

/// <summary>Tells files from pipes, sockets and devices, which .NET does not, by statx(2): its result looks the same on every processor.</summary>
internal static partial class FileKind
{
    private const int CurrentDirectory = -100;
    private const uint WantedType = 1;
    private const int ResultBytes = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;
    private const int Directory = 0x4000;

    /// <summary>Whether there is something, and it is neither a file nor a directory; links are followed.</summary>
    public static bool IsSpecial(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var result = new byte[ResultBytes];
        return StatX(CurrentDirectory, path, 0, WantedType, result) == 0
            && (BinaryPrimitives.ReadUInt16LittleEndian(result.AsSpan(ModeOffset)) & TypeMask) is not (Regular or Directory);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, [Out] byte[] result);
}
