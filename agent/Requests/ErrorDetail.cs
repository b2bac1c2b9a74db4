namespace Agent.Requests;

/// <summary>An error as FastAPI shapes it.</summary>
/// <param name="Detail">What went wrong, for a person.</param>
internal sealed record ErrorDetail(string Detail);
