using System.Text;
using TlsProxy.Http1Upstream;

namespace TlsProxy.Tests.Http1Upstream;

public sealed class HeaderCacheTests
{
    private readonly HeaderCache _cache = new();

    [Fact]
    public void Repeated_header_reuses_its_strings()
    {
        var first = _cache.FindHeader("X-Mine"u8);
        var again = _cache.FindHeader("x-mine"u8);

        Assert.Same(first, again);
        Assert.Same(first.DecodeValue("value"u8), again.DecodeValue("value"u8));
        Assert.Equal("other", first.DecodeValue("other"u8));
        Assert.Equal("value", first.DecodeValue("value"u8));
    }

    [Fact]
    public void Number_of_cached_names_is_bounded()
    {
        for (var i = 0; i < 1_000; i++)
        {
            Assert.Equal($"X-{i}", _cache.FindHeader(Encoding.ASCII.GetBytes($"X-{i}")).Name);
        }

        Assert.Same(_cache.FindHeader("X-1"u8), _cache.FindHeader("X-1"u8));
        Assert.NotSame(_cache.FindHeader("X-999"u8), _cache.FindHeader("X-999"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" folded")]
    [InlineData("X Y")]
    [InlineData("X\u00e9")]
    public void Invalid_header_name_is_rejected(string name) =>
        Assert.Throws<MalformedResponseException>(() => _cache.FindHeader(Encoding.Latin1.GetBytes(name)));

    [Theory]
    [InlineData("Content-Length", nameof(HeaderRole.ContentLength))]
    [InlineData("TRANSFER-ENCODING", nameof(HeaderRole.TransferEncoding))]
    [InlineData("connection", nameof(HeaderRole.ConnectionOptions))]
    [InlineData("Keep-Alive", nameof(HeaderRole.HopByHop))]
    [InlineData("Set-Cookie", nameof(HeaderRole.Copied))]
    public void Header_role_follows_from_its_name(string name, string role) =>
        Assert.Equal(role, _cache.FindHeader(Encoding.ASCII.GetBytes(name)).Role.ToString());

    [Fact]
    public void Control_character_in_a_value_is_rejected() =>
        Assert.Throws<MalformedResponseException>(() => _cache.FindHeader("X-Mine"u8).DecodeValue("a\rb"u8));
}
