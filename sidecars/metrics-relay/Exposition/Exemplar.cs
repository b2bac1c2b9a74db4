using System.Text;

namespace MetricsRelay.Exposition;

/// <summary>The numbers of an exemplar. Its labels go to a list that the caller reuses.</summary>
/// <param name="Value">The value.</param>
/// <param name="Timestamp">Milliseconds since 1970, or null.</param>
internal readonly record struct Exemplar(double Value, long? Timestamp)
{
    /// <summary>Parses the text of an exemplar, <c>{labels} value [timestamp]</c>, which the parser has validated before.</summary>
    public static Exemplar ParseValidated(ReadOnlySpan<byte> text, List<Label> labels)
    {
        LabelText.ParseSeries(text, labels);
        // Numbers contain no brace, so the last brace ends the labels whatever their values contain.
        var numbers = Encoding.UTF8.GetString(text[(text.LastIndexOf((byte)'}') + 1)..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var timestamp = numbers.Length > 1 ? (long?)Math.Round(ParseNumber(numbers[1]) * 1000) : null;
        return new Exemplar(ParseNumber(numbers[0]), timestamp);
    }

    private static double ParseNumber(string number) =>
        NumberText.TryParseValue(Encoding.UTF8.GetBytes(number), out var value) ? value : double.NaN;
}
