namespace Agent;

/// <summary>The answer to <c>GET /</c>.</summary>
internal sealed record Hello(string Name, string Version, string Message);
