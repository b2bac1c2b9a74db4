namespace TlsProxy.Http1Upstream;

/// <summary>Methods whose requests may be sent twice (RFC 9110, section 9.2.2). TRACE is missing: the proxy rejects it.</summary>
internal static class IdempotentMethods
{
    public static bool ContainsMethod(string method) =>
        HttpMethods.IsGet(method)
        || HttpMethods.IsHead(method)
        || HttpMethods.IsPut(method)
        || HttpMethods.IsDelete(method)
        || HttpMethods.IsOptions(method);
}
