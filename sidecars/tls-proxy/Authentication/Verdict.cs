namespace TlsProxy.Authentication;

/// <summary>Who asks, or why that is not known.</summary>
/// <param name="Identity">The name of the key, or the subject of the token; null when the request is refused.</param>
/// <param name="Message">What a refused client is told.</param>
/// <param name="Challenge">The value of <c>WWW-Authenticate</c> (RFC 9110, section 11.6.1) for it.</param>
internal readonly record struct Verdict(string? Identity, string Message, string Challenge);
