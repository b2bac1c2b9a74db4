namespace Hosting.Health;

/// <summary>
/// The current problems of the process and their remedies, as <c>/statusz</c> shows them. A component reports problems under its
/// own area, and clears the area after it has recovered. Thread-safe.
/// </summary>
public sealed partial class Problems(TimeProvider time, ILogger<Problems> logger)
{
    private readonly Dictionary<string, Problem> _open = [];
    private readonly Lock _lock = new();
    private Problem? _last;

    /// <summary>The current problems, oldest first.</summary>
    public IReadOnlyList<Problem> Open
    {
        get
        {
            lock (_lock)
            {
                return [.. _open.Values.OrderBy(problem => problem.Since)];
            }
        }
    }

    /// <summary>The last reported problem, whether it still exists or not.</summary>
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

    /// <summary>Reports a problem. It is logged when it is new or has changed.</summary>
    /// <param name="area">The affected part of the process, such as <c>sink</c> or <c>certificate default</c>.</param>
    /// <param name="what">What does not work, where, and with which value.</param>
    /// <param name="remedy">What to do.</param>
    /// <param name="cause">The underlying error, if there is one.</param>
    public void Report(string area, string what, string remedy, Exception? cause = null)
    {
        lock (_lock)
        {
            var known = _open.GetValueOrDefault(area);
            var now = time.GetUtcNow();
            var problem = new Problem(area, known?.Since ?? now, now, what, remedy, cause is null ? null : DescribeCause(cause));
            _open[area] = _last = problem;
            if (known is null || known.What != what)
            {
                Log.ProblemReported(logger, area, what, remedy, problem.Cause is null ? "" : $" ({problem.Cause})");
            }
        }
    }

    /// <summary>Reports that the area has recovered.</summary>
    public void Clear(string area)
    {
        lock (_lock)
        {
            if (_open.Remove(area, out var problem))
            {
                Log.AreaRecovered(logger, area, (long)(time.GetUtcNow() - problem.Since).TotalSeconds);
            }
        }
    }

    private static string DescribeCause(Exception cause)
    {
        var text = $"{cause.GetType().Name}: {cause.Message}";
        return cause.InnerException is { } inner ? $"{text} <- {DescribeCause(inner)}" : text;
    }

    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Warning, "{Area}: {What} {Remedy}{Cause}")]
        public static partial void ProblemReported(ILogger logger, string area, string what, string remedy, string cause);

        [LoggerMessage(21, LogLevel.Information, "{Area} recovered after {Seconds} s")]
        public static partial void AreaRecovered(ILogger logger, string area, long seconds);
    }
}
