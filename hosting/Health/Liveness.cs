namespace Hosting.Health;

/// <summary>Whether a restart would help, which is all that <c>/healthz</c> is about.</summary>
public sealed partial class Liveness(ILogger<Liveness> logger)
{
    private volatile string? _failure;

    /// <summary>Why the process cannot do its work any more; null while it can.</summary>
    public string? Failure => _failure;

    /// <summary>Gives up: only a restart mends this. The first reason stays.</summary>
    public void Fail(string reason)
    {
        if (Interlocked.CompareExchange(ref _failure, reason, null) is null)
        {
            Log.Failed(logger, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(25, LogLevel.Critical, "Not alive any more, only a restart helps: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
