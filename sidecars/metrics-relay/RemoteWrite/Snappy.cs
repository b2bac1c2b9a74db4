using System.Buffers.Binary;
using MetricsRelay.Forward;

namespace MetricsRelay.RemoteWrite;

/// <summary>
/// Compresses to Snappy's block format (google/snappy, format_description.txt): the length, then literals and copies of
/// what came before, here never from further back than 64 KiB.
/// </summary>
internal static class Snappy
{
    private const int BlockSize = 1 << 16;
    private const int TableBits = 14;
    private const int MinMatch = 4;
    private const int MaxCopy = 64;
    private const int MaxLength = 64 << 20;

    /// <summary>Undoes <see cref="Compress"/>.</summary>
    /// <exception cref="InvalidDataException">It is not what <see cref="Compress"/> makes.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> input)
    {
        var whole = ProtoReader.Varint(ref input);
        var output = new byte[whole <= MaxLength ? (int)whole : throw new InvalidDataException("longer than any message")];
        var length = 0;
        while (!input.IsEmpty)
        {
            var tag = input[0];
            input = input[1..];
            if ((tag & 3) == 0)
            {
                var size = (tag >> 2) + 1;
                var extra = size - 60;
                if (extra > 0)
                {
                    size = 1;
                    for (var i = 0; i < extra; i++)
                    {
                        size += Take(ref input) << (8 * i);
                    }
                }

                if (size <= 0 || size > input.Length || size > output.Length - length)
                {
                    throw new InvalidDataException("a literal that is cut off");
                }

                input[..size].CopyTo(output.AsSpan(length));
                input = input[size..];
                length += size;
                continue;
            }

            var offset = Take(ref input) | (Take(ref input) << 8);
            var copied = (tag >> 2) + 1;
            if ((tag & 3) != 2 || offset == 0 || offset > length || copied > output.Length - length)
            {
                throw new InvalidDataException("a copy of what is not there");
            }

            // Byte by byte: what is copied may begin within what is being written.
            for (var end = length + copied; length < end; length++)
            {
                output[length] = output[length - offset];
            }
        }

        return length == output.Length ? output : throw new InvalidDataException("shorter than it says");

        static int Take(ref ReadOnlySpan<byte> input)
        {
            if (input.IsEmpty)
            {
                throw new InvalidDataException("cut off");
            }

            var value = input[0];
            input = input[1..];
            return value;
        }
    }

    public static byte[] Compress(ReadOnlySpan<byte> input)
    {
        // Literals cost at most 3 bytes for each block beyond their own, and a copy is never longer than what it stands for.
        var output = new byte[input.Length + (input.Length / 32) + 32];
        var length = 0;
        for (var rest = (uint)input.Length; ; rest >>= 7)
        {
            output[length++] = (byte)(rest > 0x7F ? rest | 0x80 : rest);
            if (rest <= 0x7F)
            {
                break;
            }
        }

        Span<ushort> table = new ushort[1 << TableBits];
        while (!input.IsEmpty)
        {
            var block = input[..Math.Min(BlockSize, input.Length)];
            table.Clear();
            length = CompressBlock(block, table, output, length);
            input = input[block.Length..];
        }

        return output.AsSpan(0, length).ToArray();
    }

    private static int CompressBlock(ReadOnlySpan<byte> block, Span<ushort> table, byte[] output, int length)
    {
        var literal = 0;
        var at = 1;
        while (at + MinMatch <= block.Length)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(block[at..]);
            ref var slot = ref table[(int)((word * 0x1E35A7BD) >> (32 - TableBits))];
            var candidate = slot;
            slot = (ushort)at;
            if (candidate >= at || BinaryPrimitives.ReadUInt32LittleEndian(block[candidate..]) != word)
            {
                at++;
                continue;
            }

            length = Literal(block[literal..at], output, length);
            var match = MinMatch + block[(at + MinMatch)..].CommonPrefixLength(block[(candidate + MinMatch)..]);
            var offset = at - candidate;
            at += match;
            literal = at;
            while (match > 0)
            {
                var copy = Math.Min(match, MaxCopy);
                output[length++] = (byte)(((copy - 1) << 2) | 2);
                BinaryPrimitives.WriteUInt16LittleEndian(output.AsSpan(length), (ushort)offset);
                length += 2;
                match -= copy;
            }
        }

        return Literal(block[literal..], output, length);
    }

    private static int Literal(ReadOnlySpan<byte> bytes, byte[] output, int length)
    {
        if (bytes.IsEmpty)
        {
            return length;
        }

        var last = bytes.Length - 1;
        if (last < 60)
        {
            output[length++] = (byte)(last << 2);
        }
        else if (last < 256)
        {
            output[length++] = 60 << 2;
            output[length++] = (byte)last;
        }
        else
        {
            output[length++] = 61 << 2;
            BinaryPrimitives.WriteUInt16LittleEndian(output.AsSpan(length), (ushort)last);
            length += 2;
        }

        bytes.CopyTo(output.AsSpan(length));
        return length + bytes.Length;
    }
}
