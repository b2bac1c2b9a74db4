using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace LogTailer.Files;

/// <summary>A digest of the first bytes of a file. It detects a reused inode and replaced content.</summary>
/// <param name="Length">The number of bytes covered, up to <see cref="MaxLength"/>; 0 matches every file.</param>
/// <param name="Hash">The first eight bytes of their SHA-256.</param>
internal readonly record struct Fingerprint(int Length, ulong Hash)
{
    /// <summary>The number of bytes covered when the file has that many.</summary>
    public const int MaxLength = 1024;

    /// <summary>The maximum length of the text form in characters.</summary>
    public const int MaxTextLength = 32;

    /// <summary>Computes the current fingerprint of <paramref name="file"/>.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="known">The fingerprint at the last check.</param>
    /// <param name="matches">Whether the first bytes still match <paramref name="known"/>.</param>
    public static Fingerprint ComputeFrom(SafeFileHandle file, Fingerprint known, out bool matches)
    {
        Span<byte> head = stackalloc byte[MaxLength];
        head = head[..RandomAccess.Read(file, head, 0)];
        matches = head.Length >= known.Length && ComputeHash(head[..known.Length]) == known.Hash;

        return matches && head.Length == known.Length ? known : FromBytes(head);
    }

    /// <summary>Computes the fingerprint of a file that starts with <paramref name="head"/>.</summary>
    public static Fingerprint FromBytes(ReadOnlySpan<byte> head) => new(head.Length, ComputeHash(head));

    /// <summary>Writes the text form as UTF-8.</summary>
    public bool TryFormat(Span<byte> text, out int length)
        => Utf8.TryWrite(text, CultureInfo.InvariantCulture, $"{Length}:{Hash:x16}", out length);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length}:{Hash:x16}");

    /// <summary>Parses the text form.</summary>
    public static bool TryParse(string? text, out Fingerprint fingerprint)
    {
        fingerprint = default;
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;

        if (colon < 0
            || !int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > MaxLength
            || !ulong.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash))
        {
            return false;
        }

        fingerprint = new Fingerprint(length, hash);
        return true;
    }

    private static ulong ComputeHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return 0;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return BinaryPrimitives.ReadUInt64BigEndian(digest);
    }
}
