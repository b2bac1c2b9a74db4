namespace TlsProxy.Pipeline;

/// <summary>Why a request is rejected.</summary>
/// <param name="StatusCode">The status code of the response.</param>
/// <param name="Error">The error code of the response and of the access log.</param>
/// <param name="Message">The message for the client.</param>
internal sealed record RuleViolation(int StatusCode, string Error, string Message);
