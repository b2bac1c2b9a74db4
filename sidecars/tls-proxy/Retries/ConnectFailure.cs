namespace TlsProxy.Retries;

/// <summary>Recognizes failures that happened before any byte of the request was sent.</summary>
internal static class ConnectFailure
{
    /// <summary>Whether the connection failed or timed out, so that the request was never sent.</summary>
    public static bool IsConnectFailure(Exception? cause) => cause
        is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        or OperationCanceledException { InnerException: TimeoutException };
}
