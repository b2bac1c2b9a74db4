
namespace TlsProxy.Forwarding;

/// <summary>Takes changed metadata of the one application without a restart.</summary>
internal sealed class UpstreamPolicyReload(DirectForwarding forwarding, UpstreamPolicy policy, CurrentOptions<TlsProxyOptions> current) : IReloadParticipant<TlsProxyOptions>
{
    public IReadOnlyCollection<string> Keys => ["Upstream:Metadata"];

    public ValueTask<Action> PrepareAsync(TlsProxyOptions next, CancellationToken cancellationToken)
    {
        var before = current.Value.Upstream.Metadata;
        var after = next.Upstream.Metadata;
        if (before.Count == after.Count && before.All(e => after.TryGetValue(e.Key, out var value) && value == e.Value))
        {
            // Budgets and buckets go on as they are.
            return ValueTask.FromResult<Action>(() => { });
        }

        var prepared = policy.Read(next);
        return ValueTask.FromResult<Action>(() => forwarding.Use(prepared));
    }
}
