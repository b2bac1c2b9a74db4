using System.Net.Security;
using System.Net.Sockets;
using Lab.Objects;

namespace Lab.Probes;

/// <summary>
/// An HTTP GET probe as the kubelet does it: a new connection each time, certificates are not verified, and 200 to 399 is a success.
/// </summary>
internal sealed class HttpProbe : IDisposable
{
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ActivityHeadersPropagator = null,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });

    public async Task<ProbeResult> SendProbeAsync(HttpGetAction get, int port, string podAddress, CancellationToken cancellationToken)
    {
        var host = get.Host ?? podAddress;
        var path = get.Path.StartsWith('/') ? get.Path : $"/{get.Path}";
        var url = $"{get.Scheme.ToLowerInvariant()}://{host}:{port}{path}";
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.36");
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        request.Headers.ConnectionClose = true;
        foreach (var header in get.HttpHeaders)
        {
            request.Headers.Remove(header.Name);
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        try
        {
            using var response = await _client.SendAsync(request, cancellationToken);
            return (int)response.StatusCode is >= 200 and < 400
                ? ProbeResult.Ok
                : ProbeResult.Failure($"HTTP probe failed with statuscode: {(int)response.StatusCode}");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
        {
            return ProbeResult.Failure($"Get \"{url}\": {exception.GetBaseException().Message}");
        }
    }

    public void Dispose() => _client.Dispose();
}
