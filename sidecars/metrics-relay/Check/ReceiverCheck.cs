using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using MetricsRelay.Forwarding;
using MetricsRelay.Forwarding.Otlp;
using MetricsRelay.Forwarding.Pushgateway;
using MetricsRelay.Forwarding.RemoteWrite;
using MetricsRelay.Queue;
using Snappier;

namespace MetricsRelay.Check;

/// <summary>
/// Checks whether each receiver would accept samples: sends a message without samples that otherwise equals a real one, with the same
/// address, TLS, credentials and headers. For a Pushgateway, only its readiness is requested. Nothing is written.
/// </summary>
internal sealed class ReceiverCheck(
    RemoteWriteOptions remoteWrite, OtlpOptions otlp, PushgatewayOptions pushgateway, QueueOptions queue, TimeProvider time) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (remoteWrite.Url is { } remoteWriteUrl)
        {
            using var request = CreateEmptyRequest(remoteWriteUrl, Snappy.CompressToArray([]), "snappy");
            request.Headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
            yield return await CheckReceiverAsync("RemoteWrite", remoteWrite, request, cancellationToken);
        }

        if (otlp.Endpoint is not null)
        {
            using var request = CreateEmptyRequest(otlp.Url, [], null);
            foreach (var (name, value) in otlp.Headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            yield return await CheckReceiverAsync("Otlp", otlp, request, cancellationToken);
        }

        if (pushgateway.Url is { } pushgatewayUrl)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, pushgatewayUrl.AbsoluteUri.TrimEnd('/') + "/-/ready");
            yield return await CheckReceiverAsync("Pushgateway", pushgateway, request, cancellationToken);
        }

        if (queue.Directory is { Length: > 0 } directory)
        {
            yield return CheckDirectory(directory);
        }
    }

    private static HttpRequestMessage CreateEmptyRequest(Uri url, byte[] message, string? encoding)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(message) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        if (encoding is not null)
        {
            request.Content.Headers.ContentEncoding.Add(encoding);
        }

        return request;
    }

    private async Task<Finding> CheckReceiverAsync(
        string key, ReceiverOptions receiver, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (subject, url) = ($"receiver {key}", request.RequestUri!.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped));
        using var client = new ReceiverClient(receiver, time);
        var response = await client.SendRequestAsync(request, cancellationToken);
        return response switch
        {
            { Failure: var (_, reason) } => Finding.Failure(subject, $"The request to {url} failed: {reason}.",
                $"Check {key}:{receiver.Address.Key}, the credential and certificate files of {key}, and whether the receiver is running."),
            { IsSuccess: true } => Finding.Ok(subject, $"{url} returned {(int)response.Status!}."),
            { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => Finding.Failure(subject,
                $"{url} returned {(int)response.Status}: it does not accept the credentials.", $"Check the credentials of {key}."),
            { Status: HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed } when request.Method == HttpMethod.Post =>
                Finding.Failure(subject, $"{url} returned {(int)response.Status}: no receiver has this path.",
                    $"Check the path of {key}:{receiver.Address.Key}."),
            _ => Finding.Warning(subject, $"{url} returned {(int)response.Status!}.",
                "The reason may be that the message contained no samples. See /statusz for the response to real samples."),
        };
    }

    private static Finding CheckDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var probe = Path.Combine(directory, $".metrics-relay-check-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return Finding.Ok("queue", $"{directory} is writable.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Finding.Failure("queue", $"{directory} is not writable: {exception.Message}",
                "Make it writable for the user of the relay; otherwise samples wait in memory.");
        }
    }
}
