using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MetricsRelay.Protobuf;

/// <summary>Writes the Protocol Buffers field types that remote write and OTLP use.</summary>
internal static class ProtobufWriter
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;

    public static void WriteBytes(IBufferWriter<byte> output, int field, ReadOnlySpan<byte> bytes)
    {
        WriteTag(output, field, LengthDelimited);
        WriteVarint(output, (uint)bytes.Length);
        output.Write(bytes);
    }

    public static void WriteText(IBufferWriter<byte> output, int field, string text) =>
        WriteBytes(output, field, Encoding.UTF8.GetBytes(text));

    public static void WriteNumber(IBufferWriter<byte> output, int field, long value)
    {
        WriteTag(output, field, Varint);
        WriteVarint(output, (ulong)value);
    }

    public static void WriteDouble(IBufferWriter<byte> output, int field, double value) =>
        WriteFixed64(output, field, (ulong)BitConverter.DoubleToInt64Bits(value));

    public static void WriteFixed64(IBufferWriter<byte> output, int field, ulong value)
    {
        WriteTag(output, field, Fixed64);
        WriteRawFixed64(output, value);
    }

    /// <summary>Writes an element of a packed field.</summary>
    public static void WriteRawFixed64(IBufferWriter<byte> output, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), value);
        output.Advance(sizeof(ulong));
    }

    public static void WriteVarint(IBufferWriter<byte> output, ulong value)
    {
        var span = output.GetSpan(10);
        var length = 0;
        while (value > 0x7F)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        output.Advance(length);
    }

    private static void WriteTag(IBufferWriter<byte> output, int field, int wireType) =>
        WriteVarint(output, (uint)((field << 3) | wireType));
}
