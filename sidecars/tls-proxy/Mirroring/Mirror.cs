using System.Collections.Frozen;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Forwarding;
using TlsProxy.Requests;
using Yarp.ReverseProxy;

namespace TlsProxy.Mirroring;

/// <summary>
/// Sends copies of requests to another cluster and throws the answers away. The client's request never waits for its
/// copy: a copy with a body goes when the body has gone to the application, and while too many are on their way none does.
/// </summary>
internal sealed class Mirror(IProxyStateLookup clusters, ProxyMetrics metrics, TimeProvider time)
{
    private const int MaximumInFlight = 100;

    /// <summary>What belongs to the client's connection and its framing.</summary>
    private static readonly FrozenSet<string> NotCopied = FrozenSet.ToFrozenSet(
        ["Connection", "Content-Length", "Expect", "Host", "HTTP2-Settings", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade"],
        StringComparer.OrdinalIgnoreCase);

    private int _inFlight;
    private int _next;

    public async Task PassAsync(HttpContext context, Exchange exchange, MirrorTarget target, ForwardDelegate forward)
    {
        var request = context.Request;
        if (request.Headers.Upgrade.Count > 0 || HttpMethods.IsConnect(request.Method))
        {
            await forward(context, exchange);
            return;
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            Start(Snapshot(context), target, body: null);
            await forward(context, exchange);
            return;
        }

        if (request.ContentLength > target.BodyBytes)
        {
            metrics.Mirrored("too_large");
            await forward(context, exchange);
            return;
        }

        var snapshot = Snapshot(context);
        var copy = new CopiedBody(request.Body, target.BodyBytes);
        request.Body = copy;
        await forward(context, exchange);
        if (copy.Whole is { } body)
        {
            Start(snapshot, target, body);
        }
        else
        {
            metrics.Mirrored("too_large");
        }
    }

    /// <summary>Copied before the request goes on: what belongs to the connection is used again for its next request.</summary>
    private static Copy Snapshot(HttpContext context)
    {
        var headers = new List<KeyValuePair<string, string[]>>();
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!NotCopied.Contains(name) && name[0] != ':')
            {
                headers.Add(new(name, [.. values.Select(v => v ?? "")]));
            }
        }

        return new Copy(new HttpMethod(context.Request.Method), prefix => UpstreamTarget.Of(context, prefix), context.Request.Host.Value, headers);
    }

    private void Start(Copy copy, MirrorTarget target, byte[]? body)
    {
        if (!clusters.TryGetCluster(target.Cluster, out var cluster) || cluster.DestinationsState.AvailableDestinations is not { Count: > 0 } destinations)
        {
            metrics.Mirrored("no_destination");
            return;
        }

        if (Interlocked.Increment(ref _inFlight) > MaximumInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            metrics.Mirrored("dropped");
            return;
        }

        var destination = destinations[(int)((uint)Interlocked.Increment(ref _next) % destinations.Count)];
        // The address is made here, while the request's own target can still be asked.
        var message = new HttpRequestMessage(copy.Method, copy.Target(destination.Model.Config.Address))
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
        _ = SendAsync(cluster.Model.HttpClient, message, target.Timeout);
    }

    private async Task SendAsync(HttpMessageInvoker client, HttpRequestMessage message, TimeSpan timeout)
    {
        // Off the client's request: not even its first instructions are waited for.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var deadline = new CancellationTokenSource(timeout, time);
            using var sent = message;
            using var answer = await client.SendAsync(message, deadline.Token);
            await answer.Content.CopyToAsync(Stream.Null, deadline.Token);
            metrics.Mirrored("sent");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            metrics.Mirrored("failed");
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private sealed record Copy(HttpMethod Method, Func<string, Uri> Target, string? Host, List<KeyValuePair<string, string[]>> Headers);
}
