namespace TlsProxy.Clients;

/// <summary>The result of a TLS handshake.</summary>
/// <param name="Version">Such as <c>1.3</c>.</param>
/// <param name="Cipher">The IANA name of the cipher suite.</param>
/// <param name="ServerName">The requested server name (SNI); empty when the client sent none.</param>
/// <param name="ClientSubject">The subject of the client certificate; null without one.</param>
/// <param name="ForwardedClientCertificate">The value of <c>X-Forwarded-Client-Cert</c> for the application; null without a client
/// certificate.</param>
internal sealed record TlsSession(
    string Version, string Cipher, string ServerName, string? ClientSubject, string? ForwardedClientCertificate);
