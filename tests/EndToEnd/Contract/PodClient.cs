using System.Collections.Concurrent;
using System.Net.Security;

namespace EndToEnd;

/// <summary>A client of the Pod's HTTPS port.</summary>
internal static class PodClient
{
    /// <summary>Creates a client that accepts every certificate.</summary>
    /// <param name="serials">Collects the serial numbers of the certificates that the server presents.</param>
    /// <param name="connections">The most connections at a time.</param>
    public static HttpClient Create(ConcurrentBag<string>? serials = null, int connections = 256) => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = connections,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                serials?.Add(certificate!.GetSerialNumberString());
                return true;
            },
        },
    })
    {
        BaseAddress = new Uri("https://localhost:8443"),
    };
}
