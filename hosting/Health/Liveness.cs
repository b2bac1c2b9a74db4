namespace Hosting.Health;

/// <summary>Whether the process can do its work. <c>/healthz</c> fails only if a restart would help.</summary>
public sealed partial class Liveness(ILogger<Liveness> logger)
{
    private volatile string? _failure;

    /// <summary>Why the process needs a restart; null while it can do its work.</summary>
    public string? Failure => _failure;

    /// <summary>Reports a failure that only a restart fixes. The first reason is kept.</summary>
    public void Fail(string reason)
    {
        if (Interlocked.CompareExchange(ref _failure, reason, null) is null)
        {
            Log.LivenessFailed(logger, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(25, LogLevel.Critical, "Liveness failed, a restart is required: {Reason}")]
        public static partial void LivenessFailed(ILogger logger, string reason);
    }
}
