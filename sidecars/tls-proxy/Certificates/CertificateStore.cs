using TlsProxy.Metrics;

namespace TlsProxy.Certificates;

/// <summary>The served certificates. Handshakes read one reference; a scan builds the next set completely and then swaps it.</summary>
internal sealed partial class CertificateStore(Problems problems, ProxyMetrics metrics, TimeProvider time, ILogger<CertificateStore> logger)
{
    /// <summary>Series of the expiry metric for one certificate.</summary>
    private const int MaximumNamesPerCertificate = 100;

    private readonly Lock _scanning = new();
    private volatile CertificateSet? _current;
    private volatile IReadOnlyList<CertificateSlot> _slots = [];

    public CertificateSet Current => _current ?? throw new InvalidOperationException("The certificates are not loaded yet.");

    /// <summary>Every directory with the result of its last scan.</summary>
    public IReadOnlyList<CertificateSlot> Slots => _slots;

    /// <summary>The directories of a configuration, not scanned yet; the one of the default certificate first.</summary>
    public static IReadOnlyList<CertificateSlot> CreateSlots(TlsOptions options)
    {
        var directories = options.Directories
            .OrderBy(d => d.Key, StringComparer.Ordinal)
            .Select(d => (Name: (string?)d.Key, Directory: d.Value))
            .ToList();
        if (options.Directory.Length > 0)
        {
            directories.Insert(0, (null, options.Directory));
        }

        // The authorities of the default certificate apply to all names.
        var asksForCertificates = options.ClientCertificate != ClientCertificateMode.None;
        return [.. directories.Select((d, i) => new CertificateSlot(d.Name, d.Directory, needsAuthorities: i == 0 && asksForCertificates))];
    }

    /// <summary>The directories of a configuration, each scanned once.</summary>
    /// <exception cref="ConfigurationException">A directory contains no certificate that can be served; names all of them.</exception>
    public static IReadOnlyList<CertificateSlot> LoadSlots(TlsOptions options, DateTimeOffset now)
    {
        var slots = CreateSlots(options);
        foreach (var slot in slots)
        {
            slot.RefreshCertificate(now);
        }

        var errors = slots
            .Where(slot => slot.Certificate is null)
            .Select(slot => new ConfigurationError(
                GetConfigurationKey(slot), slot.Directory, $"{slot.Rejection!.Reason}: {slot.Rejection.Remedy}"))
            .ToList();
        return errors.Count == 0 ? slots : throw new ConfigurationException(errors);
    }

    /// <summary>Serves the certificates of these directories from now on.</summary>
    public void ReplaceSlots(IReadOnlyList<CertificateSlot> slots)
    {
        lock (_scanning)
        {
            _slots = slots;
            foreach (var slot in slots)
            {
                LogServing(slot);
            }

            SwapSet(slots);
        }
    }

    /// <summary>Scans every directory, and serves new valid certificates from then on.</summary>
    public void ScanDirectories()
    {
        lock (_scanning)
        {
            var isChanged = false;
            foreach (var slot in _slots)
            {
                var outcome = slot.RefreshCertificate(time.GetUtcNow());
                ReportOutcome(slot, outcome);
                isChanged |= outcome == RefreshOutcome.Applied;
            }

            if (isChanged)
            {
                SwapSet(_slots);
            }
        }
    }

    public static string GetConfigurationKey(CertificateSlot slot) => slot.Name is null ? "Tls:Directory" : $"Tls:Directories:{slot.Name}";

    private void SwapSet(IReadOnlyList<CertificateSlot> slots)
    {
        var next = new CertificateSet([.. slots.Select(s => (s.Name, s.Certificate!))]);
        _current = next;
        metrics.PublishCertificateExpiry(next.Names
            .GroupBy(name => name.Certificate)
            .SelectMany(names => names.Take(MaximumNamesPerCertificate))
            .ToDictionary(name => name.Name, name => name.Certificate.NotAfter.ToUnixTimeSeconds()));
    }

    private void ReportOutcome(CertificateSlot slot, RefreshOutcome outcome)
    {
        var area = $"certificate {slot.Directory}";
        switch (outcome)
        {
            case RefreshOutcome.Applied:
                metrics.CountCertificateReload("applied");
                problems.Clear(area);
                LogServing(slot);
                break;
            case RefreshOutcome.Rejected:
                metrics.CountCertificateReload("rejected");
                var rejection = slot.Rejection!;
                problems.Report(
                    area,
                    $"the new content is rejected, and the last valid certificate is still served: {rejection.Reason}.",
                    char.ToUpperInvariant(rejection.Remedy[0]) + rejection.Remedy[1..],
                    rejection.InnerException);
                var served = slot.Certificate!;
                Log.CertificateRejected(
                    logger, slot.Directory, rejection.Reason, rejection.Remedy, served.Leaf.SerialNumber, served.NotAfter.ToString("u"));
                break;
            case RefreshOutcome.Restored:
                problems.Clear(area);
                Log.CertificateRecovered(logger, slot.Directory, slot.Certificate!.Leaf.SerialNumber);
                break;
        }
    }

    private void LogServing(CertificateSlot slot)
    {
        var served = slot.Certificate!;
        Log.ServingCertificate(
            logger, slot.Directory, string.Join(", ", served.Names), served.Leaf.SerialNumber, served.NotAfter.ToString("u"));
    }

    private static partial class Log
    {
        [LoggerMessage(
            100, LogLevel.Information, "Serving certificate of {Directory} for {Names}: serial {Serial}, valid until {NotAfter}")]
        public static partial void ServingCertificate(ILogger logger, string directory, string names, string serial, string notAfter);

        [LoggerMessage(
            101,
            LogLevel.Error,
            "Certificate rejected: new content of {Directory}: {Reason}; {Remedy} Still serving serial {Serial}, valid until {NotAfter}")]
        public static partial void CertificateRejected(
            ILogger logger, string directory, string reason, string remedy, string serial, string notAfter);

        [LoggerMessage(
            102, LogLevel.Information, "Certificate recovered: {Directory} contains the served certificate again: serial {Serial}")]
        public static partial void CertificateRecovered(ILogger logger, string directory, string serial);
    }
}
