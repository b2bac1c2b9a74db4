using System.Globalization;
using TlsProxy.Certificates;
using TlsProxy.Forwarding;
using TlsProxy.Routes;
using Yarp.ReverseProxy.Configuration;

namespace TlsProxy.Status;

/// <summary>
/// The <c>check</c> verb: is each certificate there, whole and valid for long enough, can its change be seen, is the token
/// for the application there, and does the application answer.
/// </summary>
internal sealed class ProxyCheck(TlsProxyOptions options, EgressToken token, TimeProvider time) : ICheck
{
    private const string OwnMounts = "/proc/self/mountinfo";
    private const int EnoughDays = 30;

    /// <summary>What is mounted where, as proc(5) tells of <c>/proc/self/mountinfo</c>.</summary>
    internal string MountTable { get; init; } = OwnMounts;

    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var slot in CertificateStore.SlotsOf(options.Tls))
        {
            yield return Certificate(slot);
            if (Mount(slot.Directory) is { } finding)
            {
                yield return finding;
            }
        }

        if (options.Upstream.TokenFile.Length > 0)
        {
            yield return await TokenAsync(cancellationToken);
        }

        foreach (var (subject, url) in Destinations())
        {
            yield return await DestinationAsync(subject, url, cancellationToken);
        }
    }

    private IEnumerable<(string Subject, Uri Url)> Destinations() => RouteTable.IsConfigured(options)
        ? from cluster in RouteTable.Read(options).Clusters
          from destination in cluster.Destinations ?? new Dictionary<string, DestinationConfig>()
          select ($"cluster {cluster.ClusterId}, destination {destination.Key} ({destination.Value.Address})", new Uri(destination.Value.Address))
        : [($"upstream {options.Upstream.Url}", options.Upstream.Url)];

    private Finding Certificate(CertificateSlot slot)
    {
        var subject = $"certificate {slot.Directory}";
        slot.Refresh(time.GetUtcNow());
        if (slot.Certificate is not { } certificate)
        {
            return Finding.Failure(subject, slot.Refused!.What + ".", slot.Refused.Remedy);
        }

        var days = (certificate.NotAfter - time.GetUtcNow()).TotalDays;
        var message = string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join(", ", certificate.Names)}; serial {certificate.Leaf.SerialNumber}; valid until {certificate.NotAfter:u} ({days:F0} days); chain of {1 + certificate.Chain.Count}.");
        return days > EnoughDays
            ? Finding.Ok(subject, message)
            : Finding.Warning(subject, message, "Renew it soon.");
    }

    /// <summary>A file that is mounted by itself (subPath) is bound to the content of the moment, and never updated.</summary>
    private Finding? Mount(string directory)
    {
        var subject = $"mount {directory}";
        if (Directory.Exists(Path.Combine(directory, "..data")))
        {
            return Finding.Ok(subject, "a Secret volume; a new certificate is seen when the kubelet swaps it.");
        }

        const int mountPointField = 4;
        // A space in a path stands there as its octal number.
        var file = Path.GetFullPath(Path.Combine(directory, CertificateFiles.CertificatesName)).Replace(" ", "\\040", StringComparison.Ordinal);
        var isMountedAlone = File.Exists(MountTable)
            && File.ReadLines(MountTable).Any(line => line.Split(' ') is { Length: > mountPointField } fields && fields[mountPointField] == file);
        return isMountedAlone
            ? Finding.Warning(subject, "tls.crt is mounted with subPath, so a renewed certificate will never arrive.", "Mount the Secret as a directory.")
            : null;
    }

    /// <summary>The start itself is tried, so that what it refuses is said in its words.</summary>
    private async Task<Finding> TokenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await token.StartAsync(cancellationToken);
            return Finding.Ok($"token {options.Upstream.TokenFile}", "the file holds one.");
        }
        catch (ConfigurationException refused)
        {
            return new Finding(FindingSeverity.Failure, "configuration", refused.Message);
        }
    }

    private async Task<Finding> DestinationAsync(string subject, Uri url, CancellationToken cancellationToken)
    {
        var patience = TimeSpan.FromSeconds(options.Upstream.ConnectTimeoutSeconds);
        return await Reachability.TestAsync(url, patience, cancellationToken) is { } why
            ? Finding.Warning(subject, $"does not accept connections: {why}", "Start the application; until then clients are answered 502.")
            : Finding.Ok(subject, "accepts connections.");
    }
}
