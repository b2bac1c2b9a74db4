namespace TlsProxy.Certificates;

/// <summary>Warns 30, 7 and 1 days before a certificate expires.</summary>
internal sealed partial class CertificateExpiry(CertificateStore store, TimeProvider time, ILogger<CertificateExpiry> logger)
{
    private static readonly int[] WarningDays = [1, 7, 30];

    /// <summary>By the hash of a certificate, the threshold of the last warning.</summary>
    private readonly Dictionary<string, int> _warned = [];

    public double GetDaysLeft(ServedCertificate certificate) => (certificate.NotAfter - time.GetUtcNow()).TotalDays;

    /// <summary>Logs one warning for each threshold of each certificate.</summary>
    public void LogWarnings()
    {
        var current = store.Slots.Select(slot => slot.Certificate!).ToList();
        foreach (var certificate in current)
        {
            var days = GetDaysLeft(certificate);
            var threshold = Array.Find(WarningDays, at => days <= at);
            if (threshold == 0 || (_warned.TryGetValue(certificate.Hash, out var warned) && warned <= threshold))
            {
                continue;
            }

            _warned[certificate.Hash] = threshold;
            if (threshold == 1)
            {
                Log.ExpiresToday(logger, certificate.Directory, certificate.NotAfter.ToString("u"), certificate.Leaf.SerialNumber);
            }
            else
            {
                Log.ExpiresSoon(
                    logger, certificate.Directory, (int)days, certificate.NotAfter.ToString("u"), certificate.Leaf.SerialNumber);
            }
        }

        foreach (var replaced in _warned.Keys.Except(current.Select(c => c.Hash)).ToList())
        {
            _warned.Remove(replaced);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            120, LogLevel.Warning, "Certificate of {Directory} expires in {Days} days, on {NotAfter} (serial {Serial}): renew the Secret")]
        public static partial void ExpiresSoon(ILogger logger, string directory, int days, string notAfter, string serial);

        [LoggerMessage(
            121, LogLevel.Error, "Certificate of {Directory} expires within a day, on {NotAfter} (serial {Serial}): renew the Secret now")]
        public static partial void ExpiresToday(ILogger logger, string directory, string notAfter, string serial);
    }
}
