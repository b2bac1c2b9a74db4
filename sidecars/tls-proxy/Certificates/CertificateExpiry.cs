using System.Diagnostics.Metrics;

namespace TlsProxy.Certificates;

/// <summary>Tells in time that a certificate ends: a metric always, a warning 30, 7 and 1 days before.</summary>
internal sealed partial class CertificateExpiry(CertificateStore store, TimeProvider time, ILogger<CertificateExpiry> logger)
{
    private const int MostNames = 100;

    private static readonly int[] WarnAtDays = [1, 7, 30];

    /// <summary>By the certificate's hash, the threshold that was last warned of.</summary>
    private readonly Dictionary<string, int> _warned = [];

    /// <summary>
    /// Seconds since 1970 at which the certificate ends that is served for each name: of a name that several hold, or that
    /// the configuration gives to another one, that of the one in use. At most 100 names of a certificate.
    /// </summary>
    public IEnumerable<Measurement<double>> Measure() =>
        from served in store.Current.Names.GroupBy(name => name.Certificate)
        from name in served.Take(MostNames)
        select new Measurement<double>(served.Key.NotAfter.ToUnixTimeSeconds(), new KeyValuePair<string, object?>("server_name", name.Name));

    public double DaysLeft(ServedCertificate certificate) => (certificate.NotAfter - time.GetUtcNow()).TotalDays;

    /// <summary>Warns once a threshold of each certificate.</summary>
    public void Warn()
    {
        var current = store.Slots.Select(slot => slot.Certificate!).ToList();
        foreach (var certificate in current)
        {
            var days = DaysLeft(certificate);
            var threshold = Array.Find(WarnAtDays, at => days <= at);
            if (threshold == 0 || (_warned.TryGetValue(certificate.Hash, out var warned) && warned <= threshold))
            {
                continue;
            }

            _warned[certificate.Hash] = threshold;
            if (threshold == 1)
            {
                Log.EndsNow(logger, certificate.Directory, certificate.NotAfter.ToString("u"), certificate.Leaf.SerialNumber);
            }
            else
            {
                Log.EndsSoon(logger, certificate.Directory, (int)days, certificate.NotAfter.ToString("u"), certificate.Leaf.SerialNumber);
            }
        }

        foreach (var gone in _warned.Keys.Except(current.Select(c => c.Hash)).ToList())
        {
            _warned.Remove(gone);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Warning, "The certificate of {Directory} ends in {Days} days, on {NotAfter} (serial {Serial}): renew the Secret")]
        public static partial void EndsSoon(ILogger logger, string directory, int days, string notAfter, string serial);

        [LoggerMessage(121, LogLevel.Error, "The certificate of {Directory} ends within a day, on {NotAfter} (serial {Serial}): renew the Secret now")]
        public static partial void EndsNow(ILogger logger, string directory, string notAfter, string serial);
    }
}
