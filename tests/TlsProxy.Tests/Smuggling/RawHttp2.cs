using System.Buffers.Binary;
using System.Text;

namespace TlsProxy.Tests.Smuggling;

/// <summary>HTTP/2 frames (RFC 9113) with arbitrary content.</summary>
internal static class RawHttp2
{
    public const byte ResetFrame = 3;
    public const byte SettingsFrame = 4;
    public const byte GoAwayFrame = 7;
    private const byte HeadersFrame = 1;
    private const byte ContinuationFrame = 9;
    private const byte EndStream = 0x1;
    private const byte EndHeaders = 0x4;

    /// <summary>The default maximum size of a frame (RFC 9113, section 6.5.2).</summary>
    private const int LargestFrame = 16 * 1024;

    /// <summary>Sends one request without a body.</summary>
    /// <param name="stream">A connection that negotiated h2.</param>
    /// <param name="headers">As <c>name=value</c>; the first character always belongs to the name.</param>
    /// <returns>The status code; 0 when the stream or the connection was rejected.</returns>
    public static async Task<int> RequestAsync(Stream stream, string[] headers)
    {
        await OpenAsync(stream);
        await stream.WriteAsync(Request(1, headers));
        return await StatusAsync(stream);
    }

    /// <summary>The connection preface, and empty settings.</summary>
    public static async Task OpenAsync(Stream stream)
    {
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await stream.WriteAsync(Frame(SettingsFrame, 0, 0, []));
    }

    /// <summary>A request without a body, split into the frames that its headers need.</summary>
    public static byte[] Request(int streamId, string[] headers)
    {
        var pieces = Block(headers).Chunk(LargestFrame).ToList();
        return
        [
            .. pieces.SelectMany((piece, i) => Frame(
                i == 0 ? HeadersFrame : ContinuationFrame,
                (byte)((i == 0 ? EndStream : 0) | (i == pieces.Count - 1 ? EndHeaders : 0)),
                streamId,
                piece)),
        ];
    }

    /// <summary>Resets a stream.</summary>
    public static byte[] Reset(int streamId)
    {
        const byte cancel = 8;
        return Frame(ResetFrame, 0, streamId, [0, 0, 0, cancel]);
    }

    /// <summary>The next frame.</summary>
    public static async Task<(byte Type, int StreamId, byte[] Payload)> ReadAsync(Stream stream)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var header = new byte[9];
        await stream.ReadExactlyAsync(header, deadline.Token);
        var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
        await stream.ReadExactlyAsync(payload, deadline.Token);
        return (header[3], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
    }

    private static byte[] Block(string[] headers)
    {
        var block = new List<byte>();
        foreach (var header in headers)
        {
            var equals = header.IndexOf('=', StringComparison.Ordinal);
            // A literal without indexing and without Huffman coding (RFC 7541, section 6.2.2).
            block.Add(0);
            Append(block, header[..equals]);
            Append(block, header[(equals + 1)..]);
        }

        return [.. block];
    }

    public static byte[] Frame(byte type, byte flags, int streamId, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    private static async Task<int> StatusAsync(Stream stream)
    {
        try
        {
            while (true)
            {
                var (type, _, payload) = await ReadAsync(stream);
                switch (type)
                {
                    case ResetFrame or GoAwayFrame:
                        return 0;
                    case HeadersFrame:
                        return Status(payload);
                }
            }
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The status is the first header: an entry of the static table (RFC 7541, appendix A) or a literal with its name.</summary>
    private static int Status(byte[] block)
    {
        // Table size updates may precede it.
        var at = 0;
        while ((block[at] & 0xe0) == 0x20)
        {
            at++;
        }

        int[] known = [200, 204, 206, 304, 400, 404, 500];
        var index = block[at] & 0x7f;
        if ((block[at] & 0x80) != 0 && index is >= 8 and <= 14)
        {
            return known[index - 8];
        }

        return int.Parse(Encoding.ASCII.GetString(block, at + 2, 3), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void Append(List<byte> block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        // An integer with a seven-bit prefix (RFC 7541, section 5.1).
        block.Add((byte)Math.Min(bytes.Length, 127));
        if (bytes.Length >= 127)
        {
            var rest = bytes.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                block.Add((byte)(rest & 127 | 128));
            }

            block.Add((byte)rest);
        }

        block.AddRange(bytes);
    }
}
