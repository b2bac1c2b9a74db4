using System.Text.Json.Nodes;
using TlsProxy.Drain;
using TlsProxy.Forwarding;
using TlsProxy.Listeners;

namespace TlsProxy.Status;

/// <summary>Ports, the application behind, and the drain, in <c>/statusz</c>.</summary>
internal sealed class ProxyStatus(
    BoundPorts ports, UpstreamClient upstream, UpstreamState state, DrainingConnections draining, TlsProxyOptions options, TimeProvider time)
    : IStatusSection
{
    public string Name => "proxy";

    public JsonNode DescribeStatus() => new JsonObject
    {
        ["https_port"] = ports.Https,
        ["http_port"] = options.Http.Port < 0 ? null : ports.Http,
        ["draining"] = draining.IsDraining,
        ["socket_completions"] = SocketCompletions.AreInline ? "inline" : "pool",
        ["upstream"] = new JsonObject
        {
            ["url"] = upstream.Address,
            ["protocol"] = options.Upstream.Protocol.ToString().ToLowerInvariant(),
            ["last_answer_seconds_ago"] = state.LastReached == 0 ? null : Math.Round(time.GetElapsedTime(state.LastReached).TotalSeconds, 1),
            ["last_error"] = state.LastError,
            ["last_error_at"] = state.LastErrorAt,
        },
    };
}
