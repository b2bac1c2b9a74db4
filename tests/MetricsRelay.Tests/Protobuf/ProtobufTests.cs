using System.Buffers;
using Google.Protobuf;
using MetricsRelay.Protobuf;

namespace MetricsRelay.Tests.Protobuf;

/// <summary>The reader and the writer against Google.Protobuf.</summary>
public sealed class ProtobufTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Written_fields_are_read_by_the_reference_decoder(long value)
    {
        var output = new ArrayBufferWriter<byte>();
        ProtobufWriter.WriteNumber(output, 1, value);
        ProtobufWriter.WriteText(output, 200, "é");
        ProtobufWriter.WriteDouble(output, 3, 1.5);

        using var input = new CodedInputStream(output.WrittenSpan.ToArray());
        Assert.Equal(WireFormat.MakeTag(1, WireFormat.WireType.Varint), input.ReadTag());
        Assert.Equal(value, input.ReadInt64());
        Assert.Equal(WireFormat.MakeTag(200, WireFormat.WireType.LengthDelimited), input.ReadTag());
        Assert.Equal("é", input.ReadString());
        Assert.Equal(WireFormat.MakeTag(3, WireFormat.WireType.Fixed64), input.ReadTag());
        Assert.Equal(1.5, input.ReadDouble());
        Assert.True(input.IsAtEnd);
    }

    [Theory]
    [InlineData(new byte[] { 0x08 })]
    [InlineData(new byte[] { 0x0A, 5, 1 })]
    [InlineData(new byte[] { 0x0B })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    public void Truncated_or_invalid_message_is_rejected(byte[] message) => Assert.Throws<InvalidDataException>(() =>
    {
        for (var reader = new ProtobufReader(message); reader.ReadField();)
        {
        }
    });
}
