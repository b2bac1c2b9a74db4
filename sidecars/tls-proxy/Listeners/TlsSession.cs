namespace TlsProxy.Listeners;

/// <summary>What a handshake came to.</summary>
/// <param name="Version">Such as <c>1.3</c>.</param>
/// <param name="Cipher">The IANA name of the cipher suite.</param>
/// <param name="ServerName">The name that the client asked for; empty when it gave none.</param>
/// <param name="ClientSubject">The subject of the certificate that the client showed; null when it showed none.</param>
/// <param name="ForwardedClientCertificate">The value of <c>X-Forwarded-Client-Cert</c> for the application; null without a client certificate.</param>
internal sealed record TlsSession(string Version, string Cipher, string ServerName, string? ClientSubject, string? ForwardedClientCertificate);
