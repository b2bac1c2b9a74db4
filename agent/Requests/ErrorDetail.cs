namespace Agent.Requests;

/// <summary>An error in FastAPI's format.</summary>
/// <param name="Detail">The cause, in words.</param>
internal sealed record ErrorDetail(string Detail);
