namespace TlsProxy.Http1Upstream;

/// <summary>Called by the upstream path for each response.</summary>
internal interface IUpstreamEvents
{
    /// <summary>The status line and the headers of the final response have arrived; nothing is copied yet.</summary>
    /// <returns>True to discard the response because the request will be sent again.</returns>
    bool OnResponseReceived(UpstreamExchange exchange, int status);

    /// <summary>Status and headers are copied to the client's response; the body is not.</summary>
    void OnHeadersCopied(UpstreamExchange exchange, HttpResponse response);
}
