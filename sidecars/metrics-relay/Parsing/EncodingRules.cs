using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace MetricsRelay.Parsing;

/// <summary>The rules about the bytes of a line: UTF-8, and in OpenMetrics no carriage return at the end.</summary>
internal static class EncodingRules
{
    /// <summary>Whether one of the lines may break a rule. One check of many lines is much cheaper than checking each line.</summary>
    public static bool MayBeViolated(ReadOnlySpan<byte> lines, bool isOpenMetrics) =>
        !Utf8.IsValid(lines) || (isOpenMetrics && lines.Contains((byte)'\r'));

    /// <exception cref="ExpositionFormatException">The line breaks a rule.</exception>
    public static void ValidateLine(in ExpositionLine line)
    {
        if (!Utf8.IsValid(line.Text))
        {
            var at = 0;
            while (Rune.DecodeFromUtf8(line.Text[at..], out _, out var length) == OperationStatus.Done)
            {
                at += length;
            }

            throw line.CreateError(at, "not valid UTF-8");
        }

        // Inside a label value a carriage return is a normal character.
        if (line.IsOpenMetrics && line.Text is [.., (byte)'\r'])
        {
            throw line.CreateError(line.Text.Length - 1, "lines end with a line feed; a carriage return is not allowed");
        }
    }
}
