using System.Buffers;
using System.Text;
using MetricsRelay.Forward;

namespace MetricsRelay.Otlp;

/// <summary>Attributes: <c>KeyValue { key = 1, value = 2 { string_value = 1 } }</c>.</summary>
internal static class OtlpAttribute
{
    public static void Write(IBufferWriter<byte> output, int field, string name, string value)
    {
        var text = new ArrayBufferWriter<byte>(value.Length + 8);
        ProtoWriter.Text(text, 1, value);
        var pair = new ArrayBufferWriter<byte>(Encoding.UTF8.GetMaxByteCount(name.Length) + text.WrittenCount + 8);
        ProtoWriter.Text(pair, 1, name);
        ProtoWriter.Bytes(pair, 2, text.WrittenSpan);
        ProtoWriter.Bytes(output, field, pair.WrittenSpan);
    }
}
