using System.Globalization;
using Hosting.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Hosting.Logging;

/// <summary>Writes lines for people (<c>Console:Format=text</c>): time, level, category and message.</summary>
internal sealed class TextLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "text-line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        // The host logs the exception that ended its start. A rejected configuration is written to stderr instead, one line per error.
        if (logEntry.Exception is ConfigurationException)
        {
            return;
        }

        var at = time.GetUtcNow().UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write($"{at} {LogLevelNames.FormatLevel(logEntry.LogLevel),-8} {logEntry.Category}: {message}\n");
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(exception + "\n");
        }
    }
}
