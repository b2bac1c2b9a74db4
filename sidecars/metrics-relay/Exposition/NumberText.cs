using System.Buffers.Text;
using System.Globalization;

namespace MetricsRelay.Exposition;

/// <summary>
/// The numbers of both formats: decimal with optional fraction and exponent, and <c>Inf</c>, <c>Infinity</c> and <c>NaN</c> in upper
/// or lower case. Hexadecimal floats and digit separators are not allowed.
/// </summary>
internal static class NumberText
{
    /// <summary>The longest text that <see cref="FormatValue"/> writes.</summary>
    public const int MaxLength = 32;

    // Integers up to 2^53 and powers of ten up to 10^22 are exact doubles, so their quotient is rounded correctly.
    private const long ExactIntegers = 1L << 53;

    private static readonly double[] PowersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Parses a value, including infinities and NaN.</summary>
    public static bool TryParseValue(ReadOnlySpan<byte> text, out double value) =>
        TryParseReal(text, out value) || TryParseSpecial(text, out value);

    /// <summary>Parses a finite number.</summary>
    public static bool TryParseReal(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        var i = 0;
        var negative = false;
        if (i < text.Length && text[i] is (byte)'+' or (byte)'-')
        {
            negative = text[i++] == '-';
        }

        long digits = 0;
        var fits = true;
        var whole = i;
        for (; i < text.Length && IsDigit(text[i]); i++)
        {
            AppendDigit(text[i]);
        }

        var count = i - whole;
        var scale = 0;
        if (i < text.Length && text[i] == '.')
        {
            i++;
            var fraction = i;
            for (; i < text.Length && IsDigit(text[i]); i++)
            {
                AppendDigit(text[i]);
            }

            scale = i - fraction;
            count += scale;
        }

        if (count == 0)
        {
            return false;
        }

        if (i == text.Length && fits && scale < PowersOfTen.Length)
        {
            value = digits / PowersOfTen[scale];
            value = negative ? -value : value;
            return true;
        }

        if (i < text.Length)
        {
            if ((text[i] | 0x20) != 'e')
            {
                return false;
            }

            i++;
            if (i < text.Length && text[i] is (byte)'+' or (byte)'-')
            {
                i++;
            }

            var exponent = i;
            while (i < text.Length && IsDigit(text[i]))
            {
                i++;
            }

            if (i == exponent || i < text.Length)
            {
                return false;
            }
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);

        void AppendDigit(byte digit)
        {
            digits = (digits * 10) + (digit - '0');
            fits &= digits <= ExactIntegers;
            if (!fits)
            {
                digits = 0;
            }
        }
    }

    /// <summary>Parses a timestamp of the text format: an integer number of milliseconds.</summary>
    public static bool TryParseInteger(ReadOnlySpan<byte> text, out long value)
    {
        var digits = text is [(byte)'+', ..] ? text[1..] : text;
        value = 0;
        return digits.Length > 0 && (IsDigit(digits[0]) || (digits.Length == text.Length && digits[0] == '-'))
            && Utf8Parser.TryParse(digits, out value, out var consumed) && consumed == digits.Length;
    }

    /// <summary>Writes the shortest text that parses to the same value.</summary>
    public static int FormatValue(double value, Span<byte> destination)
    {
        if (value == Math.Truncate(value) && Math.Abs(value) < 1e15)
        {
            if (value == 0 && double.IsNegative(value))
            {
                "-0"u8.CopyTo(destination);
                return 2;
            }

            _ = Utf8Formatter.TryFormat((long)value, destination, out var length);
            return length;
        }

        if (double.IsFinite(value))
        {
            _ = value.TryFormat(destination, out var length, provider: CultureInfo.InvariantCulture);
            return length;
        }

        var name = double.IsNaN(value) ? "NaN"u8 : value > 0 ? "+Inf"u8 : "-Inf"u8;
        name.CopyTo(destination);
        return name.Length;
    }

    /// <summary>Writes a timestamp of the text format, always without an exponent.</summary>
    public static int FormatInteger(long value, Span<byte> destination)
    {
        _ = Utf8Formatter.TryFormat(value, destination, out var length);
        return length;
    }

    private static bool TryParseSpecial(ReadOnlySpan<byte> text, out double value)
    {
        value = double.NaN;
        if (text.Length == 3 && EqualsIgnoreCase(text, "nan"u8))
        {
            return true;
        }

        var negative = text is [(byte)'-', ..];
        var name = negative || text is [(byte)'+', ..] ? text[1..] : text;
        value = negative ? double.NegativeInfinity : double.PositiveInfinity;
        return EqualsIgnoreCase(name, "inf"u8) || EqualsIgnoreCase(name, "infinity"u8);
    }

    private static bool EqualsIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        if (text.Length != lower.Length)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if ((text[i] | 0x20) != lower[i])
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDigit(byte value) => (uint)(value - '0') <= 9;
}
