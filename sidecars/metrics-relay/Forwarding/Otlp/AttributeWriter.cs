using System.Buffers;
using System.Text;
using MetricsRelay.Protobuf;

namespace MetricsRelay.Forwarding.Otlp;

/// <summary>Writes attributes: <c>KeyValue { key = 1, value = 2 { string_value = 1 } }</c>.</summary>
internal static class AttributeWriter
{
    public static void WriteAttribute(IBufferWriter<byte> output, int field, string name, string value)
    {
        var text = new ArrayBufferWriter<byte>(value.Length + 8);
        ProtobufWriter.WriteText(text, 1, value);
        var pair = new ArrayBufferWriter<byte>(Encoding.UTF8.GetMaxByteCount(name.Length) + text.WrittenCount + 8);
        ProtobufWriter.WriteText(pair, 1, name);
        ProtobufWriter.WriteBytes(pair, 2, text.WrittenSpan);
        ProtobufWriter.WriteBytes(output, field, pair.WrittenSpan);
    }
}
