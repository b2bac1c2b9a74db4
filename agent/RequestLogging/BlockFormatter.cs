using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace Agent.RequestLogging;

/// <summary>
/// What Serilog's file sink gets as one event: many lines, formatted already. They go past its writer into the stream below,
/// since they are bytes already.
/// </summary>
internal sealed class BlockFormatter : ITextFormatter
{
    private const string Lines = "lines";

    private static readonly MessageTemplate Template = new([new PropertyToken(Lines, "{" + Lines + "}")]);

    public static LogEvent EventOf(ReadOnlyMemory<byte> lines, DateTimeOffset timestamp) => new(
        timestamp, LogEventLevel.Information, exception: null, Template, [new LogEventProperty(Lines, new ScalarValue(lines))]);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var lines = (ReadOnlyMemory<byte>)((ScalarValue)logEvent.Properties[Lines]).Value!;
        ((StreamWriter)output).BaseStream.Write(lines.Span);
    }
}
