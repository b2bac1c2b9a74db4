using System.Collections.Concurrent;
using System.Net.Security;

namespace EndToEnd;

/// <summary>A client of the Pod's HTTPS port.</summary>
internal static class PodClient
{
    /// <summary>One that takes any certificate and reports its serial number.</summary>
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
