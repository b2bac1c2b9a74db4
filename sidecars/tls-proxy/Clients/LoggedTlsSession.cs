using System.Text;
using System.Text.Json;

namespace TlsProxy.Clients;

/// <summary>The TLS fields of the access log, escaped once for each connection.</summary>
/// <param name="Version">The TLS version.</param>
/// <param name="Cipher">The cipher suite.</param>
/// <param name="ServerName">The requested server name, truncated.</param>
/// <param name="ClientSubject">The subject of the client certificate, truncated; null without one.</param>
internal sealed record LoggedTlsSession(
    JsonEncodedText Version, JsonEncodedText Cipher, JsonEncodedText ServerName, JsonEncodedText? ClientSubject)
{
    /// <summary>Keeps a line of the access log within its limit: an escaped character is six bytes long at most.</summary>
    private const int MaximumCharacters = 400;

    public static LoggedTlsSession FromSession(TlsSession session) => new(
        EncodeText(session.Version),
        EncodeText(session.Cipher),
        EncodeText(session.ServerName),
        session.ClientSubject is { } subject ? EncodeText(subject) : null);

    /// <summary>Encodes by way of UTF-8, which replaces an invalid surrogate that a certificate may contain.</summary>
    private static JsonEncodedText EncodeText(string text) => JsonEncodedText.Encode(Encoding.UTF8.GetBytes(TruncateText(text)));

    private static string TruncateText(string text)
    {
        if (text.Length <= MaximumCharacters)
        {
            return text;
        }

        // Never between the two halves of a surrogate pair.
        return text[..(char.IsHighSurrogate(text[MaximumCharacters - 1]) ? MaximumCharacters - 1 : MaximumCharacters)];
    }
}
