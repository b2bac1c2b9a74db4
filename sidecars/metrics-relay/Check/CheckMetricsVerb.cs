using MetricsRelay.Exposition;
using MetricsRelay.Parsing;

namespace MetricsRelay.Check;

/// <summary>
/// <c>check-metrics</c>: validates an exposition on standard input and prints the position of the first violation.
/// </summary>
internal static class CheckMetricsVerb
{
    public const string Name = "check-metrics";

    public const string Usage =
        "check-metrics [--format text|openmetrics]   validates the exposition on standard input; exits with 0 or 1";

    private const string FormatFlag = "--format";

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (!TryReadFormat(args, out var format))
        {
            await Console.Error.WriteLineAsync($"Unknown arguments: {string.Join(' ', args)}. Usage: {Usage}");
            return 2;
        }

        using var input = new MemoryStream();
        await using (var stream = Console.OpenStandardInput())
        {
            await stream.CopyToAsync(input, cancellationToken);
        }

        return ValidateExposition(input.GetBuffer().AsSpan(0, (int)input.Length), format, Console.Out);
    }

    /// <returns>The exit code: 0 for a valid exposition, otherwise 1.</returns>
    internal static int ValidateExposition(ReadOnlySpan<byte> exposition, ExpositionFormat? format, TextWriter output)
    {
        format ??= EndsWithEof(exposition) ? ExpositionFormat.OpenMetrics : ExpositionFormat.Text;
        var name = format == ExpositionFormat.Text ? "Prometheus text 0.0.4" : "OpenMetrics 1.0.0";
        var parser = new ExpositionParser();
        var buffer = new ScrapeBuffer();
        try
        {
            parser.BeginScrape(new SeriesCatalog(format.Value, PassThroughTransform.Instance), buffer);
            parser.ParsePiece(exposition);
            parser.EndScrape();
        }
        catch (ExpositionFormatException exception)
        {
            output.WriteLine($"not valid {name}: {exception.Message}");
            return 1;
        }

        output.WriteLine($"valid {name}: {buffer.Families.Length} families, {parser.SampleCount} samples");
        return 0;
    }

    private static bool TryReadFormat(string[] args, out ExpositionFormat? format)
    {
        format = null;
        if (args.Length == 0)
        {
            return true;
        }

        var value = args switch
        {
            [FormatFlag, var next] => next,
            [var only] when only.StartsWith(FormatFlag + "=", StringComparison.Ordinal) => only[(FormatFlag.Length + 1)..],
            _ => "",
        };
        format = value switch
        {
            "text" => ExpositionFormat.Text,
            "openmetrics" => ExpositionFormat.OpenMetrics,
            _ => null,
        };
        return format is not null;
    }

    private static bool EndsWithEof(ReadOnlySpan<byte> exposition)
    {
        var last = exposition.TrimEnd((byte)'\n');
        return last[(last.LastIndexOf((byte)'\n') + 1)..].SequenceEqual("# EOF"u8);
    }
}
