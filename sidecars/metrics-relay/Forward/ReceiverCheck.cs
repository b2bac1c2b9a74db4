using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using MetricsRelay.RemoteWrite;

namespace MetricsRelay.Forward;

/// <summary>
/// Whether each receiver would take samples: it is sent a message of none, with all that a real one has: address, TLS,
/// credentials, headers. A Pushgateway is only asked whether it is ready. Nothing is written by it.
/// </summary>
internal sealed class ReceiverCheck(MetricsRelayOptions options, TimeProvider time) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (options.RemoteWrite.Url is { } remoteWrite)
        {
            using var request = Empty(remoteWrite, Snappy.Compress([]), "snappy");
            request.Headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
            yield return await AskAsync("RemoteWrite", options.RemoteWrite, request, cancellationToken);
        }

        if (options.Otlp.Endpoint is not null)
        {
            using var request = Empty(options.Otlp.Url, [], null);
            foreach (var (name, value) in options.Otlp.Headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            yield return await AskAsync("Otlp", options.Otlp, request, cancellationToken);
        }

        if (options.Pushgateway.Url is { } gateway)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, gateway.AbsoluteUri.TrimEnd('/') + "/-/ready");
            yield return await AskAsync("Pushgateway", options.Pushgateway, request, cancellationToken);
        }

        if (options.Queue.Directory is { Length: > 0 } directory)
        {
            yield return CheckQueue(directory);
        }
    }

    private static HttpRequestMessage Empty(Uri url, byte[] message, string? encoding)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(message) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        if (encoding is not null)
        {
            request.Content.Headers.ContentEncoding.Add(encoding);
        }

        return request;
    }

    private async Task<Finding> AskAsync(string key, ReceiverOptions receiver, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (subject, url) = ($"receiver {key}", request.RequestUri!.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped));
        using var client = new ReceiverClient(receiver, time);
        var answer = await client.SendAsync(request, cancellationToken);
        return answer switch
        {
            { Failure: var (_, reason) } => Finding.Failure(subject, $"{url} cannot be sent to: {reason}.",
                $"Check {key}:{receiver.Address.Key}, that it listens there, and the files that {key} names."),
            { IsSuccess: true } => Finding.Ok(subject, $"{url} answered {(int)answer.Status!}"),
            { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => Finding.Failure(subject,
                $"{url} answered {(int)answer.Status}: it does not accept the credentials.", $"Check those of {key}."),
            { Status: HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed } when request.Method == HttpMethod.Post => Finding.Failure(subject,
                $"{url} answered {(int)answer.Status}: nothing takes samples there.", $"Check the path of {key}:{receiver.Address.Key}."),
            _ => Finding.Warning(subject, $"{url} answered {(int)answer.Status!}.",
                "That may be since it was sent no samples; see what it says to real ones in /statusz."),
        };
    }

    private static Finding CheckQueue(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var probe = Path.Combine(directory, $".metrics-relay-check-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return Finding.Ok("queue", $"{directory} can be written.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Failure("queue", $"{directory} cannot be written: {e.Message}",
                "Mount it writable for the user that the relay runs as; samples would wait in memory.");
        }
    }
}
