
namespace TlsProxy.Certificates;

/// <summary>
/// The certificates in force. Handshakes read one reference; a refresh builds the next set whole and swaps it.
/// </summary>
internal sealed partial class CertificateStore(Problems problems, ProxyMetrics metrics, TimeProvider time, ILogger<CertificateStore> logger)
{
    private readonly Lock _refreshing = new();
    private volatile CertificateSet? _current;
    private volatile IReadOnlyList<CertificateSlot> _slots = [];

    /// <summary>Raised after a swap, with the new set.</summary>
    public event Action<CertificateSet>? Replaced;

    public CertificateSet Current => _current ?? throw new InvalidOperationException("The certificates are not loaded yet.");

    /// <summary>Every directory with what came of the last look at it.</summary>
    public IReadOnlyList<CertificateSlot> Slots => _slots;

    /// <summary>The directories of a configuration, the default certificate's first, not yet looked at.</summary>
    public static IReadOnlyList<CertificateSlot> SlotsOf(TlsOptions options)
    {
        var directories = options.Directories
            .OrderBy(d => d.Key, StringComparer.Ordinal)
            .Select(d => (Name: (string?)d.Key, Directory: d.Value))
            .ToList();
        if (options.Directory.Length > 0)
        {
            directories.Insert(0, (null, options.Directory));
        }

        // The default certificate's directory has the authorities for all.
        return
        [
            .. directories.Select((d, i) => new CertificateSlot(d.Name, d.Directory, needsAuthorities: i == 0 && options.ClientCertificate != ClientCertificateMode.None)),
        ];
    }

    /// <summary>The directories of a configuration, each looked at once.</summary>
    /// <exception cref="ConfigurationException">One of them holds nothing that can be served; tells of all.</exception>
    public static IReadOnlyList<CertificateSlot> Open(TlsOptions options, DateTimeOffset now)
    {
        var slots = SlotsOf(options);
        foreach (var slot in slots)
        {
            slot.Refresh(now);
        }

        var errors = slots
            .Where(slot => slot.Certificate is null)
            .Select(slot => new ConfigurationError(KeyOf(slot), slot.Directory, $"{slot.Refused!.What}: {slot.Refused.Remedy}"))
            .ToList();
        return errors.Count == 0 ? slots : throw new ConfigurationException(errors);
    }

    /// <summary>Puts the directories of a configuration in force.</summary>
    public void Use(IReadOnlyList<CertificateSlot> slots)
    {
        lock (_refreshing)
        {
            _slots = slots;
            foreach (var slot in slots)
            {
                Log.Serving(logger, slot.Directory, string.Join(", ", slot.Certificate!.Names), slot.Certificate.Leaf.SerialNumber, slot.Certificate.NotAfter.ToString("u"));
            }

            Swap(slots);
        }
    }

    /// <summary>Looks at every directory, and serves what is new and good from then on.</summary>
    public void Refresh()
    {
        lock (_refreshing)
        {
            var changed = false;
            foreach (var slot in _slots)
            {
                var outcome = slot.Refresh(time.GetUtcNow());
                Tell(slot, outcome);
                changed |= outcome == CertificateOutcome.Applied;
            }

            if (changed)
            {
                Swap(_slots);
            }
        }
    }

    public static string KeyOf(CertificateSlot slot) => slot.Name is null ? "Tls:Directory" : $"Tls:Directories:{slot.Name}";

    private void Swap(IReadOnlyList<CertificateSlot> slots)
    {
        var next = new CertificateSet([.. slots.Select(s => (s.Name, s.Certificate!))]);
        _current = next;
        Replaced?.Invoke(next);
    }

    private void Tell(CertificateSlot slot, CertificateOutcome outcome)
    {
        var area = $"certificate {slot.Directory}";
        switch (outcome)
        {
            case CertificateOutcome.Applied:
                metrics.CertificateReload("applied");
                problems.Clear(area);
                Log.Serving(logger, slot.Directory, string.Join(", ", slot.Certificate!.Names), slot.Certificate.Leaf.SerialNumber, slot.Certificate.NotAfter.ToString("u"));
                break;
            case CertificateOutcome.Rejected:
                metrics.CertificateReload("rejected");
                problems.Report(
                    area,
                    $"what lies there now is not served, the last good certificate still is: {slot.Refused!.What}.",
                    char.ToUpperInvariant(slot.Refused.Remedy[0]) + slot.Refused.Remedy[1..],
                    slot.Refused.InnerException);
                Log.Rejected(logger, slot.Directory, slot.Refused.What, slot.Refused.Remedy, slot.Certificate!.Leaf.SerialNumber, slot.Certificate.NotAfter.ToString("u"));
                break;
            case CertificateOutcome.Restored:
                problems.Clear(area);
                Log.Restored(logger, slot.Directory, slot.Certificate!.Leaf.SerialNumber);
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Information, "Serving the certificate of {Directory} for {Names}: serial {Serial}, valid until {NotAfter}")]
        public static partial void Serving(ILogger logger, string directory, string names, string serial, string notAfter);

        [LoggerMessage(101, LogLevel.Error, "The new content of {Directory} is rejected: {What}; {Remedy} Serial {Serial}, valid until {NotAfter}, is still served")]
        public static partial void Rejected(ILogger logger, string directory, string what, string remedy, string serial, string notAfter);

        [LoggerMessage(102, LogLevel.Information, "{Directory} holds the certificate that is served again: serial {Serial}")]
        public static partial void Restored(ILogger logger, string directory, string serial);
    }
}
