using System.Buffers;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace TlsProxy.Forwarding.Http1;

/// <summary>
/// The strings of the headers that the application has sent: one application sends few names, and most values many times
/// over, so most headers of an answer cost no string. Of each name the last value is kept; it is compared whole, so nobody
/// is ever given what was another's.
/// </summary>
internal sealed class HeaderCatalog
{
    private const int LargestCount = 256;
    private const int LargestKeptValue = 128;

    /// <summary>Twice as many as names, so that a search ends soon; a power of two.</summary>
    private const int Slots = LargestCount * 2;

    /// <summary>Kept values that were not met again after which only each such a value is kept.</summary>
    private const int FewMisses = 16;

    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Kestrel finds a header soonest by the very string that it knows it by.</summary>
    private static readonly Dictionary<string, string> WellKnown = new[]
    {
        HeaderNames.AcceptRanges, HeaderNames.Age, HeaderNames.AltSvc, HeaderNames.CacheControl, HeaderNames.Connection,
        HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLength,
        HeaderNames.ContentLocation, HeaderNames.ContentRange, HeaderNames.ContentType, HeaderNames.Date, HeaderNames.ETag,
        HeaderNames.Expires, HeaderNames.LastModified, HeaderNames.Location, HeaderNames.RetryAfter, HeaderNames.Server,
        HeaderNames.SetCookie, HeaderNames.StrictTransportSecurity, HeaderNames.Trailer, HeaderNames.TransferEncoding,
        HeaderNames.Vary, HeaderNames.Via, HeaderNames.WWWAuthenticate, HeaderNames.AccessControlAllowOrigin, HeaderNames.Allow,
    }.ToDictionary(name => name, StringComparer.OrdinalIgnoreCase);

    private readonly Entry?[] _entries = new Entry?[Slots];
    private readonly Lock _lock = new();
    private int _count;

    /// <summary>What a header means for the way the answer goes on.</summary>
    internal enum Role
    {
        /// <summary>Nothing: it is copied.</summary>
        Copied,

        /// <summary>It says where the body ends.</summary>
        ContentLength,

        /// <summary>It says how the body is framed.</summary>
        TransferEncoding,

        /// <summary>It says what becomes of the connection, and names headers that stay behind.</summary>
        Connection,

        /// <summary>It is for this hop alone.</summary>
        StaysBehind,
    }

    /// <exception cref="BrokenAnswerException">It is no name.</exception>
    public Entry Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.ContainsAnyExcept(TokenBytes))
        {
            throw new BrokenAnswerException("a header's name is none, or a line is folded");
        }

        var slot = Hash(name);
        while (Volatile.Read(ref _entries[slot & (Slots - 1)]) is { } entry)
        {
            if (entry.Is(name))
            {
                return entry;
            }

            slot++;
        }

        return Add(name);
    }

    private static int Hash(ReadOnlySpan<byte> name) =>
        (((((name.Length * 31) + (name[0] | 0x20)) * 31) + (name[^1] | 0x20)) * 31) + (name[name.Length / 2] | 0x20);

    private Entry Add(ReadOnlySpan<byte> name)
    {
        var text = Encoding.ASCII.GetString(name);
        var entry = new Entry(WellKnown.GetValueOrDefault(text, text));
        lock (_lock)
        {
            // An application that makes names up as it goes gets its answers all the same.
            if (_count == LargestCount)
            {
                return entry;
            }

            var slot = Hash(name);
            while (_entries[slot & (Slots - 1)] is { } there)
            {
                if (there.Is(name))
                {
                    return there;
                }

                slot++;
            }

            Volatile.Write(ref _entries[slot & (Slots - 1)], entry);
            _count++;
        }

        return entry;
    }

    /// <summary>A header's name, and the value that it had last.</summary>
    internal sealed class Entry
    {
        private static readonly HashSet<string> HopByHopNames = new(HopByHop.Names, StringComparer.OrdinalIgnoreCase);

        private readonly byte[] _bytes;
        private Value? _last;
        private int _misses;

        public Entry(string name)
        {
            Name = name;
            _bytes = Encoding.ASCII.GetBytes(name);
            Role = name.ToUpperInvariant() switch
            {
                "CONTENT-LENGTH" => Role.ContentLength,
                "TRANSFER-ENCODING" => Role.TransferEncoding,
                "CONNECTION" => Role.Connection,
                _ when HopByHopNames.Contains(name) => Role.StaysBehind,
                _ => Role.Copied,
            };
        }

        public string Name { get; }

        public Role Role { get; }

        public bool Is(ReadOnlySpan<byte> name) => name.Length == _bytes.Length && Ascii.EqualsIgnoreCase(name, _bytes);

        /// <summary>The value as a string: byte for byte, so that it goes out as it came.</summary>
        /// <exception cref="BrokenAnswerException">It has a character that no value may have.</exception>
        public string ValueOf(ReadOnlySpan<byte> value)
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
                    throw new BrokenAnswerException($"the value of {Name} has a control character");
                }
            }

            var text = Encoding.Latin1.GetString(value);
            // One that changes with each answer, such as an entity tag, is not worth keeping. The count may be off by a
            // few where two threads meet; nothing hangs on it.
            if (value.Length <= LargestKeptValue && (_misses < FewMisses || _misses % FewMisses == 0))
            {
                Volatile.Write(ref _last, new Value(value.ToArray(), text));
            }

            _misses++;
            return text;
        }

        private sealed record Value(byte[] Bytes, string Text);
    }
}
