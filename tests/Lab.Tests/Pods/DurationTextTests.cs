using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(125, "2m5s")]
    [InlineData(300, "5m")]
    [InlineData(700, "11m")]
    [InlineData(11_100, "3h5m")]
    [InlineData(36_000, "10h")]
    [InlineData(200_000, "2d")]
    public void Age_has_the_format_of_kubectl(int seconds, string text) =>
        Assert.Equal(text, DurationText.FormatAge(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(10, "10s")]
    [InlineData(80, "1m20s")]
    [InlineData(300, "5m0s")]
    public void Go_duration_keeps_zero_seconds(int seconds, string text) =>
        Assert.Equal(text, DurationText.FormatGoDuration(TimeSpan.FromSeconds(seconds)));
}
