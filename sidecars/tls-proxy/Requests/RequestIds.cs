using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace TlsProxy.Requests;

/// <summary>The id of a request in the proxy's log, in the application's log, and in the response.</summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    private const int MaximumLength = 128;

    private static readonly SearchValues<char> SafeCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>Returns the client's own id if it is safe; otherwise generates one and sets it for the application.</summary>
    public static string EnsureRequestId(IHeaderDictionary headers)
    {
        var sent = headers[Header];
        if (sent.Count == 1 && IsSafeId(sent[0]))
        {
            return sent[0]!;
        }

        var id = GenerateId();
        headers[Header] = id;
        return id;
    }

    /// <summary>1-128 characters of <c>[A-Za-z0-9._-]</c>: safe in a header, a log line and a shell.</summary>
    public static bool IsSafeId(string? id) =>
        id is { Length: > 0 and <= MaximumLength } && !id.AsSpan().ContainsAnyExcept(SafeCharacters);

    /// <summary>The trace id of a <c>traceparent</c> (W3C Trace Context, section 3.2), or null.</summary>
    public static string? ParseTraceId(StringValues traceparent)
    {
        const int idStart = 3;
        const int idLength = 32;
        if (traceparent.Count != 1 || traceparent[0] is not { Length: >= 55 } value || value[2] != '-' || value[idStart + idLength] != '-')
        {
            return null;
        }

        var id = value.AsSpan(idStart, idLength);
        return id.ContainsAnyExcept(LowerHex) || !id.ContainsAnyExcept('0') ? null : id.ToString();
    }

    /// <summary>128 random bits. They have to be unique, not secret.</summary>
    private static string GenerateId()
    {
        Span<byte> bits = stackalloc byte[16];
        Random.Shared.NextBytes(bits);
        return Convert.ToHexStringLower(bits);
    }
}
