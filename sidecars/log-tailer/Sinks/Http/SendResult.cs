namespace LogTailer.Sinks.Http;

/// <summary>The result of sending lines in one request.</summary>
/// <param name="Outcome">The outcome for all lines, except for those listed below.</param>
/// <param name="Reason">The reason in plain text.</param>
/// <param name="Label">The reason as a metric label, with few possible values.</param>
internal sealed record SendResult(SendOutcome Outcome, string Reason = "", string Label = "")
{
    /// <summary>The store has all lines.</summary>
    public static SendResult Accepted { get; } = new(SendOutcome.Accepted);

    /// <summary>The delay that the store requested.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The remedy in plain text.</summary>
    public string Remedy { get; init; } = "Retrying. Check the log of the store.";

    /// <summary>The exception that caused the failure.</summary>
    public Exception? Cause { get; init; }

    /// <summary>The number of lines that the store rejected permanently without identifying them.</summary>
    public long UnidentifiedRejections { get; init; }

    /// <summary>The lines to send again; the others are done.</summary>
    public IReadOnlyList<int> RetryLines { get; init; } = [];

    /// <summary>The lines that the store rejected permanently, each with its reason.</summary>
    public IReadOnlyList<(int Line, string Reason)> RejectedLines { get; init; } = [];

    /// <summary>The response is not one that the store's protocol defines; probably another server responded.</summary>
    public static SendResult InvalidResponse(string store, Exception cause) => new(
        SendOutcome.Retry, $"The response is not a valid response of {store}: {cause.Message}", "answer")
    {
        Remedy = "Check which server responds at Sink:Url. It may be a proxy.",
    };
}
