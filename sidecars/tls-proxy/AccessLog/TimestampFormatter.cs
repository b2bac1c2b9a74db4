using System.Globalization;
using System.Text;

namespace TlsProxy.AccessLog;

/// <summary>Formats timestamps as RFC 3339 in UTC with milliseconds. The part up to the seconds is formatted once a second.</summary>
internal sealed class TimestampFormatter(TimeProvider time)
{
    /// <summary>The length of a timestamp, such as <c>2026-01-31T23:59:59.999Z</c>.</summary>
    public const int Length = 24;

    private const int DigitsStart = 20;

    private FormattedSecond? _second;

    /// <param name="destination">Receives <see cref="Length"/> bytes.</param>
    public void FormatNow(Span<byte> destination)
    {
        var now = time.GetUtcNow();
        var number = now.Ticks / TimeSpan.TicksPerSecond;
        if (_second is not { } second || second.Number != number)
        {
            // Threads that race here format the same second twice.
            var text = Encoding.ASCII.GetBytes(now.ToString("yyyy-MM-dd'T'HH:mm:ss.", CultureInfo.InvariantCulture));
            _second = second = new FormattedSecond(number, text);
        }

        second.Text.CopyTo(destination);
        WriteThreeDigits(destination[DigitsStart..], now.Millisecond);
        destination[Length - 1] = (byte)'Z';
    }

    public static void WriteThreeDigits(Span<byte> destination, int number)
    {
        destination[2] = (byte)('0' + (number % 10));
        destination[1] = (byte)('0' + (number / 10 % 10));
        destination[0] = (byte)('0' + (number / 100));
    }

    /// <summary>A timestamp up to its seconds.</summary>
    /// <param name="Number">Seconds since the year 1.</param>
    /// <param name="Text">Including the point before the milliseconds.</param>
    private sealed record FormattedSecond(long Number, byte[] Text);
}
