using Hosting.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Hosting.Logging;

/// <summary>A line for people: time, level, category and message (<c>Console:Format=text</c>).</summary>
internal sealed class TextLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "text-line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        // The host logs what ends its start; a refused configuration is told at the process's edge, in a line an error.
        if (logEntry.Exception is ConfigurationException)
        {
            return;
        }

        var at = time.GetUtcNow().UtcDateTime.ToString("HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture);
        textWriter.Write($"{at} {JsonLineFormatter.Level(logEntry.LogLevel),-8} {logEntry.Category}: {logEntry.Formatter(logEntry.State, logEntry.Exception)}\n");
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(exception + "\n");
        }
    }
}
