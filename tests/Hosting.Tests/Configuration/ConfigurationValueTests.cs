namespace Hosting.Tests.Configuration;

public sealed class ConfigurationValueTests
{
    [Theory]
    [InlineData("500ms", "00:00:00.5000000")]
    [InlineData("2m", "00:02:00")]
    [InlineData("1h", "01:00:00")]
    [InlineData("1.5d", "1.12:00:00")]
    [InlineData("00:00:05", "00:00:05")]
    [InlineData("0", "00:00:00")]
    [InlineData("5", null)]
    [InlineData("soon", null)]
    [InlineData("99999999999d", null)]
    public void Duration_needs_a_unit_or_a_colon(string text, string? expected) =>
        Assert.Equal(expected, ConfigurationValue.NormalizeText("Wait", text, typeof(TimeSpan)).Value);

    [Theory]
    [InlineData("16Mi", "16777216")]
    [InlineData("1MiB", "1048576")]
    [InlineData("1MB", "1000000")]
    [InlineData("4096", "4096")]
    [InlineData("9999999999999999999", null)]
    [InlineData("99999999999Gi", null)]
    [InlineData("1 apple", null)]
    public void Size_may_have_a_unit(string text, string? expected) =>
        Assert.Equal(expected, ConfigurationValue.NormalizeText("MaxBytes", text, typeof(long)).Value);

    [Theory]
    [InlineData("16Mi", typeof(long), null)]
    [InlineData("1.5", typeof(double), "1.5")]
    [InlineData("1.5", typeof(int), null)]
    [InlineData("300", typeof(byte), null)]
    [InlineData("TRUE", typeof(bool?), "True")]
    [InlineData("text", typeof(ConsoleFormat), "Text")]
    [InlineData("1", typeof(ConsoleFormat), null)]
    [InlineData("ftp://x", typeof(Uri), null)]
    [InlineData("https://x/y", typeof(Uri), "https://x/y")]
    [InlineData(" as it is ", typeof(string), " as it is ")]
    public void Other_values_must_fit_their_type(string text, Type type, string? expected) =>
        Assert.Equal(expected, ConfigurationValue.NormalizeText("Key", text, type).Value);
}
