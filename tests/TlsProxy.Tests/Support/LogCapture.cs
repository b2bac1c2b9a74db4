using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace TlsProxy.Tests.Support;

/// <summary>Captures the log of a proxy in this process.</summary>
internal sealed class LogCapture : ILoggerProvider
{
    private readonly ConcurrentQueue<Line> _lines = new();

    /// <summary>The lines of one event, oldest first.</summary>
    /// <typeparam name="T">The class that logs it.</typeparam>
    /// <param name="name">The event.</param>
    public IReadOnlyList<Line> Of<T>(string name) => [.. _lines.Where(l => l.Category == typeof(T).FullName && l.Event == name)];

    /// <summary>The errors of a component, oldest first.</summary>
    /// <param name="category">The beginning of the category.</param>
    public IReadOnlyList<string> ErrorsOf(string category) =>
        [.. _lines.Where(l => l.Level >= LogLevel.Error && l.Category.StartsWith(category, StringComparison.Ordinal)).Select(l => l.Text)];

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

    public void Dispose()
    {
    }

    internal sealed record Line(string Category, string? Event, LogLevel Level, string Text);

    private sealed class Logger(string category, ConcurrentQueue<Line> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new Line(category, eventId.Name, logLevel, formatter(state, exception)));
    }
}
