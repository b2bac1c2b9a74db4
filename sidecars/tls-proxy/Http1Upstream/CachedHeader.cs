using System.Text;

namespace TlsProxy.Http1Upstream;

/// <summary>The name of a response header, and the last value it had.</summary>
internal sealed class CachedHeader
{
    private const int LongestCachedValue = 128;

    /// <summary>After this number of consecutive misses, only one value of this number is cached.</summary>
    private const int MissesBeforeSampling = 16;

    private static readonly HashSet<string> HopByHopNames = new(HopByHopHeaders.Names, StringComparer.OrdinalIgnoreCase);

    private readonly byte[] _nameBytes;
    private CachedValue? _last;
    private int _misses;

    public CachedHeader(string name)
    {
        Name = name;
        _nameBytes = Encoding.ASCII.GetBytes(name);
        Role = name.ToUpperInvariant() switch
        {
            "CONTENT-LENGTH" => HeaderRole.ContentLength,
            "TRANSFER-ENCODING" => HeaderRole.TransferEncoding,
            "CONNECTION" => HeaderRole.ConnectionOptions,
            _ when HopByHopNames.Contains(name) => HeaderRole.HopByHop,
            _ => HeaderRole.Copied,
        };
    }

    public string Name { get; }

    public HeaderRole Role { get; }

    public bool MatchesName(ReadOnlySpan<byte> name) => name.Length == _nameBytes.Length && Ascii.EqualsIgnoreCase(name, _nameBytes);

    /// <summary>Decodes a value byte for byte (Latin-1), so that it is forwarded unchanged.</summary>
    /// <exception cref="MalformedResponseException">The value contains a control character.</exception>
    public string DecodeValue(ReadOnlySpan<byte> value)
    {
        if (Volatile.Read(ref _last) is { } last && value.SequenceEqual(last.Bytes))
        {
            _misses = 0;
            return last.Text;
        }

        foreach (var b in value)
        {
            if (b is < (byte)' ' and not (byte)'\t' or 0x7F)
            {
                throw new MalformedResponseException($"the value of {Name} contains a control character");
            }
        }

        var text = Encoding.Latin1.GetString(value);

        // A value that changes with each response, such as an entity tag, is not worth caching. Concurrent threads may make the
        // count inexact, which only affects how often a value is cached.
        if (value.Length <= LongestCachedValue && (_misses < MissesBeforeSampling || _misses % MissesBeforeSampling == 0))
        {
            Volatile.Write(ref _last, new CachedValue(value.ToArray(), text));
        }

        _misses++;
        return text;
    }

    private sealed record CachedValue(byte[] Bytes, string Text);
}
