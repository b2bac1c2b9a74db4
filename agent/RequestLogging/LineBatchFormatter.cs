using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace Agent.RequestLogging;

/// <summary>Converts between formatted lines and the Serilog event that carries them to the file sink.</summary>
internal sealed class LineBatchFormatter : ITextFormatter
{
    private const string Property = "Lines";

    private static readonly MessageTemplate Template = new([new PropertyToken(Property, "{" + Property + "}")]);

    public static LogEvent CreateEvent(ReadOnlyMemory<byte> lines, DateTimeOffset timestamp) => new(
        timestamp, LogEventLevel.Information, exception: null, Template, [new LogEventProperty(Property, new ScalarValue(lines))]);

    /// <summary>Writes the lines. They are UTF-8 already, so they bypass the sink's text encoder.</summary>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var lines = (ReadOnlyMemory<byte>)((ScalarValue)logEvent.Properties[Property]).Value!;
        ((StreamWriter)output).BaseStream.Write(lines.Span);
    }
}
