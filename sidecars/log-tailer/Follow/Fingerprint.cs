using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace LogTailer.Follow;

/// <summary>A digest of a file's first bytes: tells a file from another one that got its inode, and new content from old in the same file.</summary>
/// <param name="Length">How many of the first bytes it covers, up to <see cref="MaxLength"/>; 0 fits every file.</param>
/// <param name="Hash">The first eight bytes of their SHA-256.</param>
internal readonly record struct Fingerprint(int Length, ulong Hash)
{
    /// <summary>Bytes covered once a file is that long.</summary>
    public const int MaxLength = 1024;

    /// <summary>Characters that its text takes at most.</summary>
    public const int MaxTextLength = 32;

    /// <summary>Takes the fingerprint of <paramref name="file"/> as it is now.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="known">The fingerprint that it had at the last look.</param>
    /// <param name="fits">Whether the file still begins as <paramref name="known"/> says.</param>
    public static Fingerprint Take(SafeFileHandle file, Fingerprint known, out bool fits)
    {
        Span<byte> head = stackalloc byte[MaxLength];
        head = head[..RandomAccess.Read(file, head, 0)];
        fits = head.Length >= known.Length && HashOf(head[..known.Length]) == known.Hash;

        return fits && head.Length == known.Length ? known : Of(head);
    }

    /// <summary>The fingerprint of a file that begins with <paramref name="head"/>.</summary>
    public static Fingerprint Of(ReadOnlySpan<byte> head) => new(head.Length, HashOf(head));

    /// <summary>Writes what <see cref="ToString"/> gives, as UTF-8.</summary>
    public bool TryFormat(Span<byte> text, out int length) => Utf8.TryWrite(text, CultureInfo.InvariantCulture, $"{Length}:{Hash:x16}", out length);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length}:{Hash:x16}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
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

    private static ulong HashOf(ReadOnlySpan<byte> bytes)
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
