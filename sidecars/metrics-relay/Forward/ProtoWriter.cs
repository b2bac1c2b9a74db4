using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MetricsRelay.Forward;

/// <summary>The few fields of Protocol Buffers that the messages of remote write and OTLP are made of.</summary>
internal static class ProtoWriter
{
    private const int Delimited = 2;

    public static void Bytes(IBufferWriter<byte> output, int field, ReadOnlySpan<byte> bytes)
    {
        Varint(output, (uint)((field << 3) | Delimited));
        Varint(output, (uint)bytes.Length);
        output.Write(bytes);
    }

    public static void Text(IBufferWriter<byte> output, int field, string text) =>
        Bytes(output, field, Encoding.UTF8.GetBytes(text));

    public static void Number(IBufferWriter<byte> output, int field, long value)
    {
        Varint(output, (uint)(field << 3));
        Varint(output, (ulong)value);
    }

    public static void Double(IBufferWriter<byte> output, int field, double value)
    {
        Varint(output, (uint)((field << 3) | 1));
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), BitConverter.DoubleToInt64Bits(value));
        output.Advance(sizeof(long));
    }

    public static void Varint(IBufferWriter<byte> output, ulong value)
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
}
