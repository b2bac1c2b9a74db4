using System.Buffers;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace TlsProxy.Http1Upstream;

/// <summary>
/// Caches the strings of response headers. One application sends few different names and repeats most values, so most headers of a
/// response need no new string. The last value of each name is kept and compared completely before it is reused.
/// </summary>
internal sealed class HeaderCache
{
    private const int MaximumNames = 256;

    /// <summary>Twice the number of names, which keeps probe sequences short; a power of two.</summary>
    private const int Slots = MaximumNames * 2;

    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Kestrel's own string instances: its header lookup compares references first.</summary>
    private static readonly Dictionary<string, string> WellKnown = new[]
    {
        HeaderNames.AcceptRanges, HeaderNames.Age, HeaderNames.AltSvc, HeaderNames.CacheControl, HeaderNames.Connection,
        HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLength,
        HeaderNames.ContentLocation, HeaderNames.ContentRange, HeaderNames.ContentType, HeaderNames.Date, HeaderNames.ETag,
        HeaderNames.Expires, HeaderNames.LastModified, HeaderNames.Location, HeaderNames.RetryAfter, HeaderNames.Server,
        HeaderNames.SetCookie, HeaderNames.StrictTransportSecurity, HeaderNames.Trailer, HeaderNames.TransferEncoding,
        HeaderNames.Vary, HeaderNames.Via, HeaderNames.WWWAuthenticate, HeaderNames.AccessControlAllowOrigin, HeaderNames.Allow,
    }.ToDictionary(name => name, StringComparer.OrdinalIgnoreCase);

    private readonly CachedHeader?[] _headers = new CachedHeader?[Slots];
    private readonly Lock _lock = new();
    private int _count;

    /// <exception cref="MalformedResponseException">The bytes are not a header name.</exception>
    public CachedHeader FindHeader(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.ContainsAnyExcept(TokenBytes))
        {
            throw new MalformedResponseException("a header name is invalid, or a header line is folded");
        }

        var slot = HashName(name);
        while (Volatile.Read(ref _headers[slot & (Slots - 1)]) is { } header)
        {
            if (header.MatchesName(name))
            {
                return header;
            }

            slot++;
        }

        return AddHeader(name);
    }

    private static int HashName(ReadOnlySpan<byte> name) =>
        (((((name.Length * 31) + (name[0] | 0x20)) * 31) + (name[^1] | 0x20)) * 31) + (name[name.Length / 2] | 0x20);

    private CachedHeader AddHeader(ReadOnlySpan<byte> name)
    {
        var text = Encoding.ASCII.GetString(name);
        var added = new CachedHeader(WellKnown.GetValueOrDefault(text, text));
        lock (_lock)
        {
            // The cache is full: the application keeps sending new names.
            if (_count == MaximumNames)
            {
                return added;
            }

            var slot = HashName(name);
            while (_headers[slot & (Slots - 1)] is { } existing)
            {
                if (existing.MatchesName(name))
                {
                    return existing;
                }

                slot++;
            }

            Volatile.Write(ref _headers[slot & (Slots - 1)], added);
            _count++;
        }

        return added;
    }
}
