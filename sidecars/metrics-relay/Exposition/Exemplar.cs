using System.Text;

namespace MetricsRelay.Exposition;

/// <summary>An exemplar's numbers; its labels go to a list that is used again.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Timestamp">Milliseconds since 1970, null when it has none.</param>
internal readonly record struct Exemplar(double Value, long? Timestamp)
{
    /// <summary>Takes apart the checked text of an exemplar, <c>{labels} value [timestamp]</c>.</summary>
    public static Exemplar Read(ReadOnlySpan<byte> text, List<Label> labels)
    {
        LabelText.ReadSeries(text, labels);
        // Neither number has a brace, whatever the labels' values hold.
        var numbers = Encoding.UTF8.GetString(text[(text.LastIndexOf((byte)'}') + 1)..])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new Exemplar(Parse(numbers[0]), numbers.Length > 1 ? (long)Math.Round(Parse(numbers[1]) * 1000) : null);
    }

    private static double Parse(string number) => Number.TryParse(Encoding.UTF8.GetBytes(number), out var value) ? value : double.NaN;
}
