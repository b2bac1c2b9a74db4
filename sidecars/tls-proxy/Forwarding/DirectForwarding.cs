using TlsProxy.Forwarding.Http1;
using TlsProxy.Policies;
using TlsProxy.Requests;
using TlsProxy.Retries;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>
/// The default route: everything goes to the one application, without YARP's pipeline of routes, clusters and policies.
/// What an application in the same Pod speaks, HTTP/1.1 without TLS, goes the short way; the rest takes YARP's forwarder.
/// </summary>
internal sealed class DirectForwarding
{
    private readonly UpstreamGate _gate;
    private readonly Admission _admission;
    private readonly ForwardDelegate _send;
    private volatile RoutePolicy _policy;

    /// <exception cref="ConfigurationException">The metadata is refused.</exception>
    public DirectForwarding(
        IHttpForwarder forwarder, UpstreamClient upstream, ExchangeTransformer transformer, Http1Forwarder http1, UpstreamGate gate, Admission admission,
        Retrying retrying, UpstreamPolicy policy, TlsProxyOptions options)
    {
        (_gate, _admission, _policy) = (gate, admission, policy.Read(options));
        ForwardDelegate yarp = async (context, exchange) =>
        {
            await forwarder.SendAsync(context, upstream.Address, upstream.Http, upstream.Request, transformer);
            exchange.Failure = context.Features.Get<IForwarderErrorFeature>();
        };
        var send = Http1Forwarder.Reaches(options.Upstream)
            ? (context, exchange) => Retrying.IsUpgrade(context) ? yarp(context, exchange) : http1.SendAsync(context, exchange)
            : yarp;
        _send = (context, exchange) => retrying.SendAsync(context, exchange, _policy.Retry, send);
    }

    /// <summary>The policy of a new configuration.</summary>
    public void Use(RoutePolicy policy) => _policy = policy;

    public Task ForwardAsync(HttpContext context)
    {
        var policy = _policy;
        var exchange = Exchange.Of(context);
        exchange.Token = policy.Token;
        return policy.AdmitsEverybody ? _gate.PassAsync(context, exchange, _send) : AdmitAndForwardAsync(context, exchange, policy);
    }

    private async Task AdmitAndForwardAsync(HttpContext context, Exchange exchange, RoutePolicy policy)
    {
        if (await _admission.AdmitAsync(context, exchange, policy))
        {
            await _gate.PassAsync(context, exchange, _send);
        }
    }
}
