namespace TlsProxy.Authentication;

/// <summary>The identity of a client, or why the request is rejected.</summary>
/// <param name="Identity">The name of the key, or the subject of the token; null when the request is rejected.</param>
/// <param name="Message">The message for a rejected client.</param>
/// <param name="Challenge">The value of <c>WWW-Authenticate</c> (RFC 9110, section 11.6.1) for a rejected client.</param>
internal readonly record struct AuthenticationResult(string? Identity, string Message, string Challenge);
