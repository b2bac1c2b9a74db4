using System.Net.Http.Headers;
using LogTailer.Lines;

namespace LogTailer.Sinks.Http;

/// <summary>The protocol of one kind of log store: how lines are encoded, and what its responses mean.</summary>
internal interface IWireFormat
{
    /// <summary>The content type of the body.</summary>
    string ContentType { get; }

    /// <summary>The path that is used when the URL has none.</summary>
    string DefaultPath { get; }

    /// <summary>Whether the store accepts only text, so that invalid UTF-8 must be replaced.</summary>
    bool RequiresText { get; }

    /// <summary>The maximum number of lines in one request.</summary>
    int MaxBatchLines { get; }

    /// <summary>Metric labels of retry reasons that only this store has.</summary>
    string[] RetryReasons => [];

    /// <summary>Whether an error status is retried. Not called for 400, 413 and 422, which are about the content.</summary>
    bool IsRetryableStatus(int status) => true;

    /// <summary>
    /// The remedy when a rejection (400, 413, 422) is caused by the configuration and not by the lines, which are then kept; otherwise
    /// null.
    /// </summary>
    string? GetConfigurationRemedy(int status, ReadOnlySpan<byte> response) => null;

    /// <summary>The URL that shows whether the target index exists; null when there is none.</summary>
    Uri? GetIndexUrl(Uri url) => null;

    /// <summary>Adds the token to the headers.</summary>
    void AddAuthorization(HttpRequestHeaders headers, string token);

    /// <summary>Writes the request body for some lines of a batch.</summary>
    void EncodeLines(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body);

    /// <summary>Interprets a 2xx response, which does not always mean that every line was accepted.</summary>
    SendResult InterpretSuccess(int status, ReadOnlySpan<byte> response, ReadOnlySpan<int> lines);
}
