
namespace TlsProxy.Requests;

/// <summary>Takes changed trusted networks without a restart.</summary>
internal sealed class ForwardedReload(ForwardedHeaders forwarded) : IReloadParticipant<TlsProxyOptions>
{
    public IReadOnlyCollection<string> Keys => ["Forwarded"];

    public ValueTask<Action> PrepareAsync(TlsProxyOptions next, CancellationToken cancellationToken)
    {
        var networks = new TrustedNetworks(next.Forwarded.TrustedNetworks);
        return ValueTask.FromResult<Action>(() => forwarded.Trust(networks));
    }
}
