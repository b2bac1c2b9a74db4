using System.Buffers.Binary;
using System.Net.Security;

namespace TlsProxy.Listeners;

/// <summary>
/// Reads whether a ClientHello (RFC 8446, section 4.1.2) offers TLS 1.3, which determines how the handshake is prepared.
/// <see cref="SslClientHelloInfo"/> does not contain it.
/// </summary>
internal static class ClientHello
{
    public const int RecordHeaderBytes = 5;
    public const int MaximumRecordBytes = 16 * 1024;
    public const byte HandshakeRecord = 22;

    private const byte ClientHelloMessage = 1;
    private const ushort SupportedVersions = 43;
    private const ushort Tls13 = 0x0304;

    /// <summary>The length of the record that follows <paramref name="header"/>, or -1 when it is not a handshake record.</summary>
    public static int GetRecordLength(ReadOnlySpan<byte> header)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
        return header[0] == HandshakeRecord && header[1] == 3 && length is > 0 and <= MaximumRecordBytes ? length : -1;
    }

    /// <summary>
    /// Whether the extension <c>supported_versions</c> contains 1.3; null when that is unknown, because the message continues in another
    /// record or is malformed. Records can be split anywhere, also by an attacker on the network, so an invisible extension must not
    /// count as missing.
    /// </summary>
    /// <param name="record">The content of the first record.</param>
    public static bool? OffersTls13(ReadOnlySpan<byte> record)
    {
        // Message type and its three-byte length, then the legacy version and the random value.
        const int headerBytes = 1 + 3;
        const int fixedBytes = headerBytes + 2 + 32;
        if (record.Length < fixedBytes || record[0] != ClientHelloMessage)
        {
            return null;
        }

        var end = headerBytes + ((record[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(record[2..]));
        var isComplete = end <= record.Length;
        var rest = record[fixedBytes..];
        if (!TrySkipVector(ref rest, lengthBytes: 1) || !TrySkipVector(ref rest, lengthBytes: 2)
            || !TrySkipVector(ref rest, lengthBytes: 1))
        {
            return null;
        }

        if (rest.Length < 2)
        {
            // Before TLS 1.3 a ClientHello could have no extensions.
            return isComplete && rest.IsEmpty ? false : null;
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
                return ContainsTls13(extensions[..length]);
            }

            extensions = extensions[length..];
        }

        return isComplete && extensions.IsEmpty ? false : null;
    }

    private static bool ContainsTls13(ReadOnlySpan<byte> extension)
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

    /// <summary>Skips a vector that starts with its own length.</summary>
    private static bool TrySkipVector(ref ReadOnlySpan<byte> rest, int lengthBytes)
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
