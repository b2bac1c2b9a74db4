namespace TlsProxy.Certificates;

/// <summary>One directory, what is served from it, and what came of the last look at it.</summary>
internal sealed class CertificateSlot(string? name, string directory, bool needsAuthorities = false)
{
    private string? _refusedHash;
    private bool _refusedForNow;

    /// <summary>The key under <c>Tls:Directories</c>; null for <c>Tls:Directory</c>.</summary>
    public string? Name { get; } = name;

    public string Directory { get; } = directory;

    /// <summary>In force; null until the first good one.</summary>
    public ServedCertificate? Certificate { get; private set; }

    /// <summary>Why what lies in the directory now is not served; null when it is.</summary>
    public CertificateRefusedException? Refused { get; private set; }

    /// <summary>When something new was last seen there, good or bad.</summary>
    public DateTimeOffset LastChange { get; private set; }

    /// <summary>Looks at the directory.</summary>
    /// <returns>What came of it.</returns>
    public CertificateOutcome Refresh(DateTimeOffset now)
    {
        string? hash = null;
        try
        {
            var files = CertificateFiles.Read(Directory);
            hash = files.Hash;
            if (hash == Certificate?.Hash)
            {
                var wasRefused = Refused is not null;
                (Refused, _refusedHash) = (null, null);
                return wasRefused ? CertificateOutcome.Restored : CertificateOutcome.Unchanged;
            }

            if (Refused is not null && hash == _refusedHash && !_refusedForNow)
            {
                return CertificateOutcome.Unchanged;
            }

            var loaded = CertificateLoader.Load(Directory, files, now);
            if (needsAuthorities && loaded.Authorities.Count == 0)
            {
                throw new CertificateRefusedException(Directory, "there is no ca.crt", "clients are asked for certificates: put the authorities that sign them there, or set Tls:ClientCertificate=none.");
            }

            Certificate = loaded;
            (Refused, _refusedHash, LastChange) = (null, null, now);
            return CertificateOutcome.Applied;
        }
        catch (CertificateRefusedException refused)
        {
            // Said once for each new content, not at every look.
            var isNews = Refused is null || hash != _refusedHash || refused.What != Refused.What;
            (Refused, _refusedHash, _refusedForNow) = (refused, hash, refused.MayBecomeGood);
            if (!isNews)
            {
                return CertificateOutcome.Unchanged;
            }

            LastChange = now;
            return CertificateOutcome.Rejected;
        }
    }
}
