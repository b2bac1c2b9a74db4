using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace TlsProxy.Requests;

/// <summary>The id that names a request in the proxy's log, the application's, and the answer.</summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    private const int MaximumLength = 128;

    private static readonly SearchValues<char> Sane = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>The client's own id if it is sane, or a new one, which the application then sees.</summary>
    public static string Ensure(IHeaderDictionary headers)
    {
        var sent = headers[Header];
        if (sent.Count == 1 && IsSane(sent[0]))
        {
            return sent[0]!;
        }

        var id = Create();
        headers[Header] = id;
        return id;
    }

    /// <summary>1-128 of <c>[A-Za-z0-9._-]</c>: harmless in a header, a log line and a shell.</summary>
    public static bool IsSane(string? id) =>
        id is { Length: > 0 and <= MaximumLength } && !id.AsSpan().ContainsAnyExcept(Sane);

    /// <summary>The trace id of a <c>traceparent</c> (W3C Trace Context, section 3.2), or null.</summary>
    public static string? TraceId(StringValues traceparent)
    {
        const int idAt = 3;
        const int idLength = 32;
        if (traceparent.Count != 1 || traceparent[0] is not { Length: >= 55 } value || value[2] != '-' || value[idAt + idLength] != '-')
        {
            return null;
        }

        var id = value.AsSpan(idAt, idLength);
        return id.ContainsAnyExcept(LowerHex) || !id.ContainsAnyExcept('0') ? null : id.ToString();
    }

    /// <summary>128 random bits. They need not be secret, only apart.</summary>
    private static string Create()
    {
        Span<byte> bits = stackalloc byte[16];
        Random.Shared.NextBytes(bits);
        return Convert.ToHexStringLower(bits);
    }
}
