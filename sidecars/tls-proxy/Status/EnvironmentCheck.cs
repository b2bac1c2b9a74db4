using System.Globalization;
using System.Runtime.CompilerServices;
using TlsProxy.Certificates;
using TlsProxy.Routes;
using TlsProxy.Upstream;
using Yarp.ReverseProxy.Configuration;

namespace TlsProxy.Status;

/// <summary>
/// The <c>check</c> verb: whether each certificate exists and is valid for long enough, whether its renewal can be detected, whether the
/// egress token exists, and whether the destinations accept connections.
/// </summary>
internal sealed class EnvironmentCheck(
    TlsOptions tls, UpstreamOptions upstream, RouteConfiguration routes, EgressToken token, TimeProvider time) : ICheck
{
    private const string OwnMounts = "/proc/self/mountinfo";
    private const int MinimumDays = 30;

    /// <summary>The mount table, in the format of <c>/proc/self/mountinfo</c> (proc(5)).</summary>
    internal string MountTable { get; init; } = OwnMounts;

    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var slot in CertificateStore.CreateSlots(tls))
        {
            yield return CheckCertificate(slot);
            if (CheckMount(slot.Directory) is { } finding)
            {
                yield return finding;
            }
        }

        if (upstream.TokenFile.Length > 0)
        {
            yield return await CheckTokenAsync(cancellationToken);
        }

        foreach (var (subject, url) in ListDestinations())
        {
            yield return await CheckDestinationAsync(subject, url, cancellationToken);
        }
    }

    private IEnumerable<(string Subject, Uri Url)> ListDestinations() => routes.HasRoutes
        ? from cluster in RouteTable.ReadTable(routes, upstream).Clusters
          from destination in cluster.Destinations ?? new Dictionary<string, DestinationConfig>()
          select ($"cluster {cluster.ClusterId}, destination {destination.Key} ({destination.Value.Address})", new Uri(
              destination.Value.Address))
        : [($"upstream {upstream.Url}", upstream.Url)];

    private Finding CheckCertificate(CertificateSlot slot)
    {
        var subject = $"certificate {slot.Directory}";
        slot.RefreshCertificate(time.GetUtcNow());
        if (slot.Certificate is not { } certificate)
        {
            return Finding.Failure(subject, slot.Rejection!.Reason + ".", slot.Rejection.Remedy);
        }

        var days = (certificate.NotAfter - time.GetUtcNow()).TotalDays;
        var names = string.Join(", ", certificate.Names);
        var validity = string.Create(CultureInfo.InvariantCulture, $"valid until {certificate.NotAfter:u} ({days:F0} days)");
        var message = $"{names}; serial {certificate.Leaf.SerialNumber}; {validity}; chain of {1 + certificate.Chain.Count}.";
        return days > MinimumDays
            ? Finding.Ok(subject, message)
            : Finding.Warning(subject, message, "Renew it soon.");
    }

    /// <summary>A file mounted on its own (subPath) is bound to its content at that moment, and is never updated.</summary>
    private Finding? CheckMount(string directory)
    {
        var subject = $"mount {directory}";
        if (Directory.Exists(Path.Combine(directory, "..data")))
        {
            return Finding.Ok(subject, "a Secret volume; a new certificate is detected when the kubelet swaps it.");
        }

        const int mountPointField = 4;

        // The table contains a space in a path as an octal number.
        var file = Path.GetFullPath(Path.Combine(directory, CertificateFiles.CertificatesName)).Replace(
            " ", "\\040", StringComparison.Ordinal);
        var isSubPathMount = File.Exists(MountTable)
            && File.ReadLines(MountTable).Any(line => line.Split(' ') is { Length: > mountPointField } fields
            && fields[mountPointField] == file);
        return isSubPathMount
            ? Finding.Warning(
                subject, "tls.crt is mounted with subPath, so a renewed certificate will never arrive.", "Mount the Secret as a directory.")
            : null;
    }

    /// <summary>Runs the same code as the start of the process, so the finding has the same message.</summary>
    private async Task<Finding> CheckTokenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await token.StartAsync(cancellationToken);
            return Finding.Ok($"token {upstream.TokenFile}", "the file contains a token.");
        }
        catch (ConfigurationException exception)
        {
            return new Finding(FindingSeverity.Failure, "configuration", exception.Message);
        }
    }

    private async Task<Finding> CheckDestinationAsync(string subject, Uri url, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(upstream.ConnectTimeoutSeconds);
        if (await ReachabilityProbe.TryConnectAsync(url, timeout, cancellationToken) is { } reason)
        {
            return Finding.Warning(
                subject, $"does not accept connections: {reason}.", "Start the application; until then clients receive 502.");
        }

        // The destinations of a route may use settings of their cluster, such as another certificate authority.
        if (routes.HasRoutes || url.Scheme != Uri.UriSchemeHttps)
        {
            return Finding.Ok(subject, "accepts connections.");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        return await ReachabilityProbe.TryHandshakeAsync(url, deadline.Token) is { } rejection
            ? Finding.Warning(
                subject,
                $"the TLS handshake fails: {rejection}.",
                "Use a certificate for this name from an authority in the trust store (SSL_CERT_FILE, SSL_CERT_DIR).")
            : Finding.Ok(subject, "accepts connections, and its certificate is trusted.");
    }
}
