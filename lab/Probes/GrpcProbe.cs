using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Lab.Objects;

namespace Lab.Probes;

/// <summary>The standard gRPC health check (<c>grpc.health.v1.Health/Check</c>), over HTTP/2 without TLS, as the kubelet does it.</summary>
internal sealed class GrpcProbe : IDisposable
{
    private const byte StatusField = 1 << 3;
    private const byte Serving = 1;

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ActivityHeadersPropagator = null,
    });

    public async Task<ProbeResult> CheckHealthAsync(GrpcAction grpc, string podAddress, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{podAddress}:{grpc.Port}/grpc.health.v1.Health/Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(BuildRequestFrame(grpc.Service)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.36");
        try
        {
            using var response = await _client.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return body.AsSpan().EndsWith([StatusField, Serving])
                ? ProbeResult.Ok
                : ProbeResult.Failure($"service unhealthy (responded with status {(int)response.StatusCode})");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return ProbeResult.Failure($"failed to connect service \"{podAddress}:{grpc.Port}\": {exception.GetBaseException().Message}");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A gRPC frame (one byte of flags, four of length) around <c>HealthCheckRequest { string service = 1; }</c>.</summary>
    private static byte[] BuildRequestFrame(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        byte[] body = name.Length is 0 or > 127 ? [] : [(1 << 3) | 2, (byte)name.Length, .. name];
        var frame = new byte[5 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), body.Length);
        body.CopyTo(frame, 5);
        return frame;
    }
}
