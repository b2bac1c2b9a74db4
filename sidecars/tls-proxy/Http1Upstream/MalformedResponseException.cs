namespace TlsProxy.Http1Upstream;

/// <summary>The application's response is not valid HTTP/1.1, or two parsers could read it differently.</summary>
/// <param name="reason">What is wrong with the response; continues the sentence "Malformed response from the application: …".</param>
internal sealed class MalformedResponseException(string reason) : IOException($"Malformed response from the application: {reason}.");
