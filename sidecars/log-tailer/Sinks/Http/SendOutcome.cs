namespace LogTailer.Sinks.Http;

/// <summary>The outcome of one request.</summary>
internal enum SendOutcome
{
    /// <summary>The store has the lines, except for the ones in the lists of the result.</summary>
    Accepted,

    /// <summary>The request failed and is retried later.</summary>
    Retry,

    /// <summary>The store permanently rejects at least one of the lines.</summary>
    Rejected,

    /// <summary>The store rejects the content encoding; the request is repeated immediately without compression.</summary>
    CompressionRejected,
}
