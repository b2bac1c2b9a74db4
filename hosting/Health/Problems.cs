namespace Hosting.Health;

/// <summary>
/// What is wrong right now and what to do about it: the part of <c>/statusz</c> that a person at 3 a.m. reads. A part
/// reports under its own area, and clears the area when things are well again. Thread-safe.
/// </summary>
public sealed partial class Problems(TimeProvider time, ILogger<Problems> logger)
{
    private readonly Dictionary<string, Problem> _open = [];
    private readonly Lock _lock = new();
    private Problem? _last;

    /// <summary>Says that something is wrong. Logged when it is new or has changed, not each time.</summary>
    /// <param name="area">The part of the process that it concerns, such as <c>sink</c> or <c>certificate default</c>.</param>
    /// <param name="what">What is wrong, where, with the value that was met.</param>
    /// <param name="remedy">What to do.</param>
    /// <param name="cause">The error behind it, if there is one.</param>
    public void Report(string area, string what, string remedy, Exception? cause = null)
    {
        lock (_lock)
        {
            var known = _open.GetValueOrDefault(area);
            var problem = new Problem(area, known?.Since ?? time.GetUtcNow(), time.GetUtcNow(), what, remedy, cause is null ? null : Describe(cause));
            _open[area] = _last = problem;
            if (known is null || known.What != what)
            {
                Log.Reported(logger, area, what, remedy, problem.Cause);
            }
        }
    }

    /// <summary>Says that the area is well again.</summary>
    public void Clear(string area)
    {
        lock (_lock)
        {
            if (_open.Remove(area, out var problem))
            {
                Log.Cleared(logger, area, (long)(time.GetUtcNow() - problem.Since).TotalSeconds);
            }
        }
    }

    /// <summary>What is wrong now, oldest first.</summary>
    public IReadOnlyList<Problem> Open
    {
        get
        {
            lock (_lock)
            {
                return [.. _open.Values.OrderBy(p => p.Since)];
            }
        }
    }

    /// <summary>The last one that was reported, mended or not.</summary>
    public Problem? Last
    {
        get
        {
            lock (_lock)
            {
                return _last;
            }
        }
    }

    private static string Describe(Exception cause)
    {
        var text = $"{cause.GetType().Name}: {cause.Message}";
        return cause.InnerException is { } inner ? $"{text} <- {Describe(inner)}" : text;
    }

    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Warning, "{Area}: {What} {Remedy}{Cause}")]
        private static partial void Write(ILogger logger, string area, string what, string remedy, string cause);

        public static void Reported(ILogger logger, string area, string what, string remedy, string? cause) =>
            Write(logger, area, what, remedy, cause is null ? "" : $" ({cause})");

        [LoggerMessage(21, LogLevel.Information, "{Area}: well again after {Seconds} s")]
        public static partial void Cleared(ILogger logger, string area, long seconds);
    }
}
