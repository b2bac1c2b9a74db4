namespace Agent.Hello;

/// <summary>The response to <c>GET /</c>.</summary>
internal sealed record HelloResponse(string Name, string Version, string Message);
