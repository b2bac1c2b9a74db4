using TlsProxy.Http1Upstream;
using TlsProxy.Requests;
using TlsProxy.Upstream;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>
/// Sends a request to the application of <c>Upstream:Url</c>: by the proxy's own upstream path if the application speaks HTTP/1.1 without
/// TLS, otherwise, and for upgrades, by YARP's forwarder.
/// </summary>
internal sealed class ApplicationForwarder(
    IHttpForwarder yarp, UpstreamClient client, UpstreamTransformer transformer, Http1Forwarder http1, UpstreamOptions options)
{
    private readonly bool _usesHttp1Path = SupportsHttp1Path(options);
    private readonly string _basePath = options.Url.AbsolutePath.TrimEnd('/');

    /// <summary>Whether the application speaks HTTP/1.1 without TLS.</summary>
    public static bool SupportsHttp1Path(UpstreamOptions upstream) =>
        upstream.Url.Scheme == Uri.UriSchemeHttp && upstream.Protocol == UpstreamProtocol.Http1;

    /// <summary>Sends a request; a failure is stored in <see cref="UpstreamExchange.Failure"/>.</summary>
    public Task SendRequestAsync(HttpContext context, RequestState state) =>
        _usesHttp1Path && !RetryingForwarder.IsUpgrade(context)
            ? http1.SendAsync(context, state, UpstreamTarget.BuildPathAndQuery(context, _basePath))
            : SendWithYarpAsync(context, state);

    private async Task SendWithYarpAsync(HttpContext context, RequestState state)
    {
        await yarp.SendAsync(context, client.Address, client.Http, client.RequestConfig, transformer);
        state.Failure = context.Features.Get<IForwarderErrorFeature>();
    }
}
