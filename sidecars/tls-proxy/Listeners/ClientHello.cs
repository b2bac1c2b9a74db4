using System.Buffers.Binary;

namespace TlsProxy.Listeners;

/// <summary>
/// Reads of a ClientHello (RFC 8446, section 4.1.2) the one thing that decides how the handshake is prepared: whether
/// TLS 1.3 is offered. <see cref="System.Net.Security.SslClientHelloInfo"/> does not tell.
/// </summary>
internal static class ClientHello
{
    public const int RecordHeaderBytes = 5;
    public const int MaximumRecordBytes = 16 * 1024;

    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const ushort SupportedVersions = 43;
    private const ushort Tls13 = 0x0304;

    /// <summary>The length of the record that <paramref name="header"/> begins, or -1 when it is no handshake record.</summary>
    public static int RecordLength(ReadOnlySpan<byte> header)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
        return header[0] == HandshakeRecord && header[1] == 3 && length is > 0 and <= MaximumRecordBytes ? length : -1;
    }

    /// <summary>
    /// Whether the extension <c>supported_versions</c> has 1.3; null when that does not show, since the hello goes on in a
    /// further record before it, or is not well formed. Records may be cut anywhere, and by anybody on the way: what is
    /// not seen must not count as not offered.
    /// </summary>
    /// <param name="record">The content of the first record.</param>
    public static bool? OffersTls13(ReadOnlySpan<byte> record)
    {
        // Message type and its length in three bytes; then the legacy version and the random.
        const int header = 1 + 3;
        const int fixedPart = header + 2 + 32;
        if (record.Length < fixedPart || record[0] != ClientHelloMessage)
        {
            return null;
        }

        var end = header + ((record[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(record[2..]));
        var isWhole = end <= record.Length;
        var rest = record[fixedPart..];
        if (!Skip(ref rest, lengthBytes: 1) || !Skip(ref rest, lengthBytes: 2) || !Skip(ref rest, lengthBytes: 1))
        {
            return null;
        }

        if (rest.Length < 2)
        {
            // Before TLS 1.3 a hello could be without extensions.
            return isWhole && rest.IsEmpty ? false : null;
        }

        var extensions = rest[2..];
        while (extensions.Length >= 4)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            var length = BinaryPrimitives.ReadUInt16BigEndian(extensions[2..]);
            extensions = extensions[4..];
            if (length > extensions.Length)
            {
                return null;
            }

            if (type == SupportedVersions)
            {
                return HasTls13(extensions[..length]);
            }

            extensions = extensions[length..];
        }

        return isWhole && extensions.IsEmpty ? false : null;
    }

    private static bool HasTls13(ReadOnlySpan<byte> extension)
    {
        if (extension.IsEmpty || extension[0] > extension.Length - 1)
        {
            return false;
        }

        for (var versions = extension.Slice(1, extension[0]); versions.Length >= 2; versions = versions[2..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(versions) == Tls13)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Passes over a vector that begins with its own length.</summary>
    private static bool Skip(ref ReadOnlySpan<byte> rest, int lengthBytes)
    {
        if (rest.Length < lengthBytes)
        {
            return false;
        }

        var length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length - lengthBytes < length)
        {
            return false;
        }

        rest = rest[(lengthBytes + length)..];
        return true;
    }
}
