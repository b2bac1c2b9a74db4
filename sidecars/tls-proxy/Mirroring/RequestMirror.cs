using System.Collections.Frozen;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Metrics;
using TlsProxy.Requests;
using TlsProxy.Upstream;
using Yarp.ReverseProxy;

namespace TlsProxy.Mirroring;

/// <summary>
/// Sends copies of requests to another cluster and discards the responses. A client never waits for a copy: a copy with a body is sent
/// after the application has received the body, and when too many copies are in flight, further ones are dropped.
/// </summary>
internal sealed class RequestMirror(IProxyStateLookup clusters, ProxyMetrics metrics, TimeProvider time)
{
    private const int MaximumInFlight = 100;

    /// <summary>Headers that belong to the client's connection and framing.</summary>
    private static readonly FrozenSet<string> NotCopied = FrozenSet.ToFrozenSet(
    [
        "Connection", "Content-Length", "Expect", "Host", "HTTP2-Settings", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade",
    ], StringComparer.OrdinalIgnoreCase);

    private int _inFlight;
    private int _nextDestination;

    public async Task ForwardAndMirrorAsync(HttpContext context, RequestState state, MirrorTarget target, ForwardDelegate forward)
    {
        var request = context.Request;
        if (request.Headers.Upgrade.Count > 0 || HttpMethods.IsConnect(request.Method))
        {
            await forward(context, state);
            return;
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            StartCopy(CopyRequest(context), target, body: null);
            await forward(context, state);
            return;
        }

        if (request.ContentLength > target.BodyBytes)
        {
            metrics.CountMirroredRequest("too_large");
            await forward(context, state);
            return;
        }

        var copy = CopyRequest(context);
        var captured = new CapturedBody(request.Body, target.BodyBytes);
        request.Body = captured;
        await forward(context, state);
        if (captured.CompleteBody is { } body)
        {
            StartCopy(copy, target, body);
        }
        else
        {
            metrics.CountMirroredRequest("too_large");
        }
    }

    /// <summary>Copies the headers before the request is forwarded, because Kestrel reuses its objects for the next request.</summary>
    private static RequestCopy CopyRequest(HttpContext context)
    {
        var headers = new List<KeyValuePair<string, string[]>>();
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!NotCopied.Contains(name) && name[0] != ':')
            {
                headers.Add(new(name, [.. values.Select(v => v ?? "")]));
            }
        }

        return new RequestCopy(
            new HttpMethod(context.Request.Method),
            prefix => UpstreamTarget.BuildUri(context, prefix),
            context.Request.Host.Value,
            headers);
    }

    private void StartCopy(RequestCopy copy, MirrorTarget target, byte[]? body)
    {
        if (!clusters.TryGetCluster(target.Cluster, out var cluster)
            || cluster.DestinationsState.AvailableDestinations is not { Count: > 0 } destinations)
        {
            metrics.CountMirroredRequest("no_destination");
            return;
        }

        if (Interlocked.Increment(ref _inFlight) > MaximumInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            metrics.CountMirroredRequest("dropped");
            return;
        }

        var destination = destinations[(int)((uint)Interlocked.Increment(ref _nextDestination) % destinations.Count)];

        // The URI is built here, while the client's request is still valid.
        var message = new HttpRequestMessage(copy.Method, copy.BuildUri(destination.Model.Config.Address))
        {
            Version = cluster.Model.Config.HttpRequest?.Version ?? HttpVersion.Version11,
            VersionPolicy = cluster.Model.Config.HttpRequest?.VersionPolicy ?? HttpVersionPolicy.RequestVersionOrLower,
            Content = body is null ? null : new ByteArrayContent(body),
        };
        foreach (var (name, values) in copy.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, values);
            }
        }

        message.Headers.Host = copy.Host;
        _ = SendCopyAsync(cluster.Model.HttpClient, message, target.Timeout);
    }

    private async Task SendCopyAsync(HttpMessageInvoker client, HttpRequestMessage message, TimeSpan timeout)
    {
        // Leave the thread of the client's request before doing anything.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var deadline = new CancellationTokenSource(timeout, time);
            using var request = message;
            using var response = await client.SendAsync(request, deadline.Token);
            await response.Content.CopyToAsync(Stream.Null, deadline.Token);
            metrics.CountMirroredRequest("sent");
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            metrics.CountMirroredRequest("failed");
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private sealed record RequestCopy(
        HttpMethod Method, Func<string, Uri> BuildUri, string? Host, List<KeyValuePair<string, string[]>> Headers);
}
