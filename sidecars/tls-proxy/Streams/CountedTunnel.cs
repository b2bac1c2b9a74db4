using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Http1Upstream;

namespace TlsProxy.Streams;

/// <summary>Counts the bytes sent to the client through a tunnel: an upgrade of HTTP/1.1, or an extended CONNECT of HTTP/2.</summary>
internal static class CountedTunnel
{
    /// <summary>Wraps the features that open a tunnel, where the request has them.</summary>
    public static void WrapFeatures(IFeatureCollection features, UpstreamExchange exchange)
    {
        if (features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            features.Set<IHttpUpgradeFeature>(new Upgrade(upgrade, exchange));
        }

        if (features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            features.Set<IHttpExtendedConnectFeature>(new Connect(connect, exchange));
        }
    }

    private sealed class Upgrade(IHttpUpgradeFeature inner, UpstreamExchange exchange) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => new CountingStream(await inner.UpgradeAsync(), exchange);
    }

    private sealed class Connect(IHttpExtendedConnectFeature inner, UpstreamExchange exchange) : IHttpExtendedConnectFeature
    {
        public bool IsExtendedConnect => inner.IsExtendedConnect;

        public string? Protocol => inner.Protocol;

        public async ValueTask<Stream> AcceptAsync() => new CountingStream(await inner.AcceptAsync(), exchange);
    }
}
