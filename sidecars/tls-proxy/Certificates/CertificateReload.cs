namespace TlsProxy.Certificates;

/// <summary>Applies changed directories without a restart. Every reload also scans all directories.</summary>
internal sealed class CertificateReload(CertificateStore store, TimeProvider time)
{
    /// <summary>Loads the certificates of a new configuration.</summary>
    /// <returns>Applies the new configuration.</returns>
    /// <exception cref="ConfigurationException">A new directory contains no certificate that can be served.</exception>
    public Action PrepareReload(TlsOptions next)
    {
        var current = store.Slots.Select(slot => (slot.Name, slot.Directory)).ToHashSet();
        var configured = next.Directories.Select(d => ((string?)d.Key, d.Value));
        if (next.Directory.Length > 0)
        {
            configured = configured.Prepend((null, next.Directory));
        }

        if (current.SetEquals(configured))
        {
            // A directory with invalid content keeps its last certificate; that is no reason to reject a configuration.
            return store.ScanDirectories;
        }

        var slots = CertificateStore.LoadSlots(next, time.GetUtcNow());
        return () => store.ReplaceSlots(slots);
    }
}
