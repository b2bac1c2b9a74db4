namespace Hosting.Logging;

/// <summary>The names of log levels in diagnostics.</summary>
internal static class LogLevelNames
{
    public static string FormatLevel(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
