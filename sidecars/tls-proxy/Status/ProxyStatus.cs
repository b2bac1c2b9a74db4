using System.Text.Json.Nodes;
using TlsProxy.Drain;
using TlsProxy.Listeners;
using TlsProxy.Upstream;

namespace TlsProxy.Status;

/// <summary>Ports, drain state, and the application, in <c>/statusz</c>.</summary>
internal sealed class ProxyStatus(
    BoundPorts ports, RedirectOptions redirect, UpstreamOptions upstream, UpstreamHealth health, ConnectionDrain drain, TimeProvider time)
    : IStatusSection
{
    public string Name => "proxy";

    public JsonNode DescribeStatus() => new JsonObject
    {
        ["https_port"] = ports.Https,
        ["http_port"] = redirect.Port < 0 ? null : ports.Http,
        ["draining"] = drain.IsDraining,
        ["socket_completions"] = SocketCompletions.AreInline ? "inline" : "pool",
        ["upstream"] = new JsonObject
        {
            ["url"] = upstream.Url.ToString(),
            ["protocol"] = upstream.Protocol.ToString().ToLowerInvariant(),
            ["last_response_seconds_ago"] = health.LastResponse == 0 ? null : Math.Round(
                time.GetElapsedTime(health.LastResponse).TotalSeconds, 1),
            ["last_error"] = health.LastError,
            ["last_error_at"] = health.LastErrorAt,
        },
    };
}
