using TlsProxy.Policies;
using TlsProxy.Requests;
using TlsProxy.Upstream;

namespace TlsProxy.Forwarding;

/// <summary>
/// The default without configured routes: every request goes to one application, without YARP's pipeline of routes and clusters.
/// </summary>
internal sealed class DirectForwarding
{
    private readonly UpstreamGate _gate;
    private readonly AdmissionControl _admission;
    private readonly ForwardDelegate _send;
    private volatile RoutePolicy _policy;

    /// <exception cref="ConfigurationException">The metadata is invalid.</exception>
    public DirectForwarding(
        ApplicationForwarder application,
        RetryingForwarder retrying,
        UpstreamGate gate,
        AdmissionControl admission,
        UpstreamPolicyReader policies,
        UpstreamOptions options)
    {
        (_gate, _admission, _policy) = (gate, admission, policies.ReadPolicy(options));
        ForwardDelegate sendOnce = application.SendRequestAsync;
        _send = (context, state) => retrying.ForwardToApplicationAsync(context, state, _policy.Retry, sendOnce);
    }

    public void ReplacePolicy(RoutePolicy policy) => _policy = policy;

    public Task ForwardRequestAsync(HttpContext context)
    {
        var policy = _policy;
        var state = RequestState.FromContext(context);
        state.EgressToken = policy.EgressToken;
        return policy.HasNoAdmissionChecks
            ? _gate.ForwardWithinLimitAsync(context, state, _send)
            : AdmitAndForwardAsync(context, state, policy);
    }

    private async Task AdmitAndForwardAsync(HttpContext context, RequestState state, RoutePolicy policy)
    {
        if (await _admission.AdmitRequestAsync(context, state, policy))
        {
            await _gate.ForwardWithinLimitAsync(context, state, _send);
        }
    }
}
