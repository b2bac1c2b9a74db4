namespace TlsProxy.Certificates;

/// <summary>One directory, the certificate served from it, and the result of its last scan.</summary>
internal sealed class CertificateSlot(string? name, string directory, bool needsAuthorities = false)
{
    private string? _rejectedHash;
    private bool _isRejectionTemporary;

    /// <summary>The key under <c>Tls:Directories</c>; null for <c>Tls:Directory</c>.</summary>
    public string? Name { get; } = name;

    public string Directory { get; } = directory;

    /// <summary>The served certificate; null until the first valid one.</summary>
    public ServedCertificate? Certificate { get; private set; }

    /// <summary>Why the current content of the directory is not served; null when it is.</summary>
    public CertificateRejectedException? Rejection { get; private set; }

    /// <summary>When new content was last seen, valid or not.</summary>
    public DateTimeOffset LastChange { get; private set; }

    /// <summary>Scans the directory, and serves its certificate if it is new and valid.</summary>
    public RefreshOutcome RefreshCertificate(DateTimeOffset now)
    {
        string? hash = null;
        try
        {
            var files = CertificateFiles.ReadConsistent(Directory);
            hash = files.Hash;
            if (hash == Certificate?.Hash)
            {
                var wasRejected = Rejection is not null;
                (Rejection, _rejectedHash) = (null, null);
                return wasRejected ? RefreshOutcome.Restored : RefreshOutcome.Unchanged;
            }

            if (Rejection is not null && hash == _rejectedHash && !_isRejectionTemporary)
            {
                return RefreshOutcome.Unchanged;
            }

            var loaded = CertificateLoader.LoadCertificate(Directory, files, now);
            if (needsAuthorities && loaded.Authorities.Count == 0)
            {
                throw new CertificateRejectedException(
                    Directory,
                    "there is no ca.crt",
                    "client certificates are requested: add the authorities that sign them, or set Tls:ClientCertificate=none.");
            }

            Certificate = loaded;
            (Rejection, _rejectedHash, LastChange) = (null, null, now);
            return RefreshOutcome.Applied;
        }
        catch (CertificateRejectedException rejection)
        {
            // Reported once for each new content, not with every scan.
            var isNew = Rejection is null || hash != _rejectedHash || rejection.Reason != Rejection.Reason;
            (Rejection, _rejectedHash, _isRejectionTemporary) = (rejection, hash, rejection.IsTemporary);
            if (!isNew)
            {
                return RefreshOutcome.Unchanged;
            }

            LastChange = now;
            return RefreshOutcome.Rejected;
        }
    }
}
