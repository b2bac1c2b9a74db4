using MetricsRelay.Forwarding.RemoteWrite;
using Snappier;

namespace MetricsRelay.Tests.Forwarding.RemoteWrite;

public sealed class WriteRequestV2BuilderTests
{
    public static TheoryData<byte[]> DamagedMessages =>
    [
        [],
        [0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        [5, 0],
        "not snappy at all"u8.ToArray(),
        Snappy.CompressToArray([0x22, 100, 1]),
    ];

    [Theory]
    [MemberData(nameof(DamagedMessages))]
    public void Damaged_message_is_rejected_as_invalid_data(byte[] message) =>
        Assert.Throws<InvalidDataException>(() => WriteRequestV2Builder.ConvertToVersion1(message));
}
