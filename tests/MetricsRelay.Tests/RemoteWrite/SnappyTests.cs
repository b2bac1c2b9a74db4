using MetricsRelay.RemoteWrite;

namespace MetricsRelay.Tests.RemoteWrite;

public sealed class SnappyTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(59)]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(300_000)]
    public void What_is_compressed_uncompresses_to_the_same(int length)
    {
        var random = new Random(length);
        var noise = new byte[length];
        random.NextBytes(noise);
        var repeats = new byte[length];
        for (var i = 0; i < length; i++)
        {
            repeats[i] = (byte)(i % 7 == 0 ? random.Next(4) : i % 50);
        }

        Assert.Equal(noise, FakeReceiver.Uncompress(Snappy.Compress(noise)));
        Assert.Equal(repeats, FakeReceiver.Uncompress(Snappy.Compress(repeats)));
        Assert.Equal(new byte[length], FakeReceiver.Uncompress(Snappy.Compress(new byte[length])));
    }

    [Fact]
    public void What_repeats_becomes_small()
    {
        var text = string.Concat(Enumerable.Range(0, 1000).Select(i => $"http_requests_total{{path=\"/a\",code=\"{i}\"}}"));

        Assert.InRange(Snappy.Compress(System.Text.Encoding.UTF8.GetBytes(text)).Length, 1, text.Length / 4);
    }
}
