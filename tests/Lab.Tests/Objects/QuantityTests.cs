using System.Globalization;
using Lab.Objects;

namespace Lab.Tests.Objects;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("64Mi", "67108864")]
    [InlineData("250m", "0.250")]
    [InlineData("1", "1")]
    [InlineData("0.5", "0.5")]
    [InlineData("1e3", "1000")]
    [InlineData("2G", "2000000000")]
    public void Quantity_is_parsed_into_base_units(string text, string value)
    {
        Assert.True(Quantity.TryParse(text, out var parsed));
        Assert.Equal(decimal.Parse(value, CultureInfo.InvariantCulture), parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Mi")]
    [InlineData("12 Mi")]
    [InlineData("1e99")]
    [InlineData("99999999999999999999E")]
    public void Invalid_quantity_is_rejected(string text) => Assert.False(Quantity.TryParse(text, out _));
}
