using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConfigReloader.Targets;

/// <summary>
/// Tells the application by an empty <c>POST</c>. 2xx: it has taken the new state. 4xx: it has refused it, and its
/// answer says why. Anything else, or no answer: not told.
/// </summary>
internal sealed class HttpTarget(Uri url, TimeSpan timeout, HttpClient client, TimeProvider time) : ITarget
{
    /// <summary>Most of an answer that is read: it is shown to people.</summary>
    private const int MaxBodyBytes = 4096;

    public string Description => $"POST {url}";

    public async Task<Delivery> DeliverAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent([]) };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return Judge(response.StatusCode, await ReadBodyAsync(response, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Delivery.Failed(
                $"{Description} gave no answer within {timeout.TotalSeconds:0.###} s",
                "See what the application is doing; if a reload takes that long, raise Target:Timeout.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return Delivery.Failed(
                $"{Description} failed: {exception.GetBaseException().Message}",
                "Is the application running, and is this its management port? It is tried again by itself.");
        }
    }

    public async Task<Delivery?> ProbeAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            // A POST would reload; that something listens is all that can be known without one.
            using var connection = new TcpClient();
            await connection.ConnectAsync(url.Host, url.Port, either.Token);
            return null;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Delivery.Failed(
                $"nothing answers at {url.Host}:{url.Port}: {exception.Message}",
                "Fine while the application is not running yet; otherwise correct Target:Url.");
        }
    }

    private Delivery Judge(HttpStatusCode status, string body)
    {
        var answer = $"{Description} answered {(int)status}{(body.Length > 0 ? ": " + body : "")}";
        return (int)status switch
        {
            >= 200 and < 300 => Delivery.Delivered(answer),
            >= 400 and < 500 => Delivery.Refused(
                answer, "Correct the configuration: the application keeps its old one. The next change is delivered again."),
            >= 300 and < 400 => Delivery.Failed(
                answer, "Point Target:Url at the address itself; redirects are not followed."),
            _ => Delivery.Failed(
                answer, "The application failed at the reload; see its log. It is tried again by itself."),
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
