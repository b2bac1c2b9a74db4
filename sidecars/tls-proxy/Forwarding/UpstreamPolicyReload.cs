using TlsProxy.Upstream;

namespace TlsProxy.Forwarding;

/// <summary>Applies changed metadata of the application without a restart.</summary>
internal sealed class UpstreamPolicyReload(DirectForwarding forwarding, UpstreamPolicyReader policies)
{
    /// <summary>Reads the policy of a new configuration.</summary>
    /// <returns>Applies the new policy.</returns>
    /// <exception cref="ConfigurationException">The metadata is invalid.</exception>
    public Action PrepareReload(UpstreamOptions current, UpstreamOptions next)
    {
        var before = current.Metadata;
        var after = next.Metadata;
        if (before.Count == after.Count && before.All(e => after.TryGetValue(e.Key, out var value) && value == e.Value))
        {
            // Unchanged: keep the state of retry budgets and rate limits.
            return static () => { };
        }

        var policy = policies.ReadPolicy(next);
        return () => forwarding.ReplacePolicy(policy);
    }
}
