using System.Buffers;
using System.Text;
using System.Text.Json;
using Agent.Validation;

namespace Agent.Tests.Validation;

public sealed class SyntaxErrorPositionTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("{", 1)]
    [InlineData("nul", 0)]
    [InlineData("{\"a\":fals}", 5)]
    [InlineData("{\"a\":truee}", 9)]
    [InlineData("{\n\n  \"ä\": x}", 10)]
    [InlineData("{\"😀\": ,", 6)]
    public void Offset_counts_code_points_up_to_the_wrong_word(string json, long expected)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var exception = Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(bytes));

        Assert.Equal(expected, SyntaxErrorPosition.FindOffset(new ReadOnlySequence<byte>(bytes), exception));
    }
}
