using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConfigReloader.Targets;

/// <summary>
/// Notifies the application by an empty <c>POST</c>. 2xx: it applied the new configuration. 4xx: it rejected it, and the response
/// says why. Anything else, or no response: the attempt failed.
/// </summary>
internal sealed class HttpTarget(Uri url, TimeSpan timeout, HttpClient client, TimeProvider time) : ITarget
{
    /// <summary>Limit for the response body, which is shown to people.</summary>
    private const int MaxBodyBytes = 4096;

    public string Description => $"POST {url}";

    public async Task<DeliveryResult> DeliverChangeAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent([]) };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            return ClassifyResponse(response.StatusCode, await ReadBodyAsync(response, linked.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DeliveryResult.Failed(
                $"{Description} timed out after {timeout.TotalSeconds:0.###} s",
                "Check what the application is doing. If a reload takes that long, increase Target:Timeout.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return DeliveryResult.Failed(
                $"{Description} failed: {exception.GetBaseException().Message}",
                "Check that the application is running and that this is its management port. Retrying automatically.");
        }
    }

    public async Task<DeliveryResult?> CheckReachabilityAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            // A POST would reload the application, so only the listener is checked.
            using var connection = new TcpClient();
            await connection.ConnectAsync(url.Host, url.Port, linked.Token);
            return null;
        }
        catch (Exception exception)
            when (exception is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return DeliveryResult.Failed(
                $"cannot connect to {url.Host}:{url.Port}: {exception.Message}",
                "This is expected while the application is not running yet; otherwise correct Target:Url.");
        }
    }

    private DeliveryResult ClassifyResponse(HttpStatusCode status, string body)
    {
        var message = $"{Description} returned {(int)status}{(body.Length > 0 ? ": " + body : "")}";
        return (int)status switch
        {
            >= 200 and < 300 => DeliveryResult.Delivered(message),
            >= 400 and < 500 => DeliveryResult.Refused(
                message, "Correct the configuration; the application keeps the old one. The next change will be delivered."),
            >= 300 and < 400 => DeliveryResult.Failed(
                message, "Set Target:Url to the final address; redirects are not followed."),
            _ => DeliveryResult.Failed(
                message, "The application failed during the reload; check its log. Retrying automatically."),
        };
    }

    private static async Task<string> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBodyBytes];
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length).Trim();
    }
}
