using System.Buffers.Binary;

namespace MetricsRelay.Protobuf;

/// <summary>Reads the fields of a Protocol Buffers message in order.</summary>
/// <param name="message">The message.</param>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the last field.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The value of a numeric field.</summary>
    public long Number { get; private set; }

    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidDataException">The message is truncated or invalid.</exception>
    public bool ReadField()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint(ref _rest);
        Field = (int)(tag >> 3);
        Bytes = default;
        Number = 0;
        switch (tag & 7)
        {
            case 0:
                Number = (long)ReadVarint(ref _rest);
                break;
            case 1:
                Number = BinaryPrimitives.ReadInt64LittleEndian(ReadBytes(sizeof(long)));
                break;
            case 2:
                Bytes = ReadBytes(ReadVarint(ref _rest));
                break;
            case 5:
                Number = BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(sizeof(int)));
                break;
            default:
                throw new InvalidDataException($"unknown wire type {tag & 7}");
        }

        return true;
    }

    /// <summary>Reads a variable-length integer and removes it from the start of the bytes.</summary>
    public static ulong ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] <= 0x7F)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("invalid varint");
    }

    private ReadOnlySpan<byte> ReadBytes(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw new InvalidDataException("truncated field");
        }

        var bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return bytes;
    }
}
