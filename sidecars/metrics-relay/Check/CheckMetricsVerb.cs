using MetricsRelay.Exposition;

namespace MetricsRelay.Check;

/// <summary>
/// <c>check-metrics</c>: reads an exposition on standard input and says where it first breaks a rule of its format.
/// </summary>
internal static class CheckMetricsVerb
{
    public const string Name = "check-metrics";

    public const string Usage =
        "check-metrics [--format text|openmetrics]   checks the exposition on standard input; exits 0 or 1";

    private const string Format = "--format";

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (!TryReadFormat(args, out var format))
        {
            await Console.Error.WriteLineAsync($"Not understood: {string.Join(' ', args)}. Usage: {Usage}");
            return 2;
        }

        using var input = new MemoryStream();
        await using (var stream = Console.OpenStandardInput())
        {
            await stream.CopyToAsync(input, cancellationToken);
        }

        return Check(input.GetBuffer().AsSpan(0, (int)input.Length), format, Console.Out);
    }

    /// <returns>The exit code: 0 when nothing is wrong, 1 when something is.</returns>
    internal static int Check(ReadOnlySpan<byte> exposition, ExpositionFormat? format, TextWriter output)
    {
        format ??= EndsInEof(exposition) ? ExpositionFormat.OpenMetrics : ExpositionFormat.Text;
        var name = format == ExpositionFormat.Text ? "Prometheus text 0.0.4" : "OpenMetrics 1.0.0";
        var parser = new ExpositionParser();
        var snapshot = new Snapshot();
        try
        {
            parser.Begin(new Catalog(format.Value, AsIs.Instance), snapshot);
            parser.Feed(exposition);
            parser.Finish();
        }
        catch (ExpositionException e)
        {
            output.WriteLine($"not valid {name}: {e.Message}");
            return 1;
        }

        output.WriteLine($"valid {name}: {snapshot.Families.Length} families, {parser.SampleCount} samples");
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
            [Format, var next] => next,
            [var only] when only.StartsWith(Format + "=", StringComparison.Ordinal) => only[(Format.Length + 1)..],
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

    private static bool EndsInEof(ReadOnlySpan<byte> exposition)
    {
        var last = exposition.TrimEnd((byte)'\n');
        return last[(last.LastIndexOf((byte)'\n') + 1)..].SequenceEqual("# EOF"u8);
    }
}
