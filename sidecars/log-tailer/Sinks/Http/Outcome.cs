namespace LogTailer.Sinks.Http;

/// <summary>What became of a request.</summary>
internal enum Outcome
{
    /// <summary>The lines have arrived, but for those that the verdict names.</summary>
    Accepted,

    /// <summary>Try again later.</summary>
    Retry,

    /// <summary>Something in these lines is refused for good.</summary>
    Refused,

    /// <summary>The encoding of the body is refused: again at once, plain.</summary>
    Uncompressed,
}
