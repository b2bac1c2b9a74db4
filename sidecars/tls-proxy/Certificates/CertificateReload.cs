
namespace TlsProxy.Certificates;

/// <summary>Takes changed directories without a restart, and looks at all of them when asked to reload.</summary>
internal sealed class CertificateReload(CertificateStore store, TimeProvider time) : IReloadParticipant<TlsProxyOptions>
{
    public IReadOnlyCollection<string> Keys => ["Tls:Directory", "Tls:Directories"];

    public ValueTask<Action> PrepareAsync(TlsProxyOptions next, CancellationToken cancellationToken)
    {
        var now = store.Slots.Select(slot => (slot.Name, slot.Directory)).ToHashSet();
        var wanted = next.Tls.Directories.Select(d => ((string?)d.Key, d.Value));
        if (next.Tls.Directory.Length > 0)
        {
            wanted = wanted.Prepend((null, next.Tls.Directory));
        }

        if (now.SetEquals(wanted))
        {
            // A directory whose content is bad keeps what it last served; that is no reason to refuse a configuration.
            return ValueTask.FromResult<Action>(store.Refresh);
        }

        var slots = CertificateStore.Open(next.Tls, time.GetUtcNow());
        return ValueTask.FromResult<Action>(() => store.Use(slots));
    }
}
