using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using TlsProxy.Policies;

namespace TlsProxy.RateLimits;

/// <summary>
/// So many requests a window of each client, by the generic cell rate algorithm: one number a client says when its next
/// request is due. What is kept is bounded, whoever asks from however many addresses.
/// </summary>
internal sealed class RateLimit
{
    /// <summary>Clients that are kept apart at a time; past it, new ones share one bucket until old ones are due.</summary>
    internal const int MaximumClients = 100_000;

    private readonly ConcurrentDictionary<Client, StrongBox<long>> _due = new();
    private readonly StrongBox<long> _shared = new();
    private readonly TimeProvider _time;
    private readonly long _interval;
    private readonly long _tolerance;
    private readonly int _maximum;
    private int _count;
    private int _sweeping;

    internal RateLimit(double requests, double seconds, double burst, bool byIdentity, TimeProvider time, int maximum = MaximumClients)
    {
        ByIdentity = byIdentity;
        (_time, _maximum) = (time, maximum);
        _interval = Math.Max(1, (long)(time.TimestampFrequency * seconds / requests));
        _tolerance = (long)(_interval * (burst - 1));
    }

    /// <summary>Told apart by who they are, where that is known, and not by where they come from.</summary>
    public bool ByIdentity { get; }

    public static RateLimit? Read(MetadataReader reader, TimeProvider time)
    {
        if (!reader.HasAny("RateLimit."))
        {
            return null;
        }

        if (!reader.Has("RateLimit.Requests"))
        {
            reader.Refuse("RateLimit.Requests", "is missing. Say how many requests a window a client may make.");
        }

        var requests = reader.Number("RateLimit.Requests", 1, 1, 1_000_000);
        return new RateLimit(
            requests,
            reader.Number("RateLimit.WindowSeconds", 1, 0.001, 86400),
            reader.Number("RateLimit.Burst", requests, 1, 1_000_000),
            reader.OneOf("RateLimit.By", "client", "client", "identity") == "identity",
            time);
    }

    /// <summary>Null when the request has a place; otherwise how long until there is one.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="identity">Who it is; null when that is not known.</param>
    public TimeSpan? Take(IPAddress? address, string? identity)
    {
        var client = identity is null ? new Client(Prefix(address), null) : new Client(default, identity);
        if (!_due.TryGetValue(client, out var due))
        {
            due = Add(client);
        }

        var now = _time.GetTimestamp();
        while (true)
        {
            var earlier = Volatile.Read(ref due.Value);
            var from = Math.Max(earlier, now);
            if (from - now > _tolerance)
            {
                return _time.GetElapsedTime(now, from - _tolerance);
            }

            if (Interlocked.CompareExchange(ref due.Value, from + _interval, earlier) == earlier)
            {
                return null;
            }
        }
    }

    private StrongBox<long> Add(Client client)
    {
        if (Volatile.Read(ref _count) >= _maximum)
        {
            Sweep();
            if (Volatile.Read(ref _count) >= _maximum)
            {
                return _shared;
            }
        }

        var made = new StrongBox<long>();
        var kept = _due.GetOrAdd(client, made);
        if (ReferenceEquals(kept, made))
        {
            Interlocked.Increment(ref _count);
        }

        return kept;
    }

    /// <summary>Lets go of the clients that would start afresh anyway.</summary>
    private void Sweep()
    {
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
        {
            return;
        }

        var now = _time.GetTimestamp();
        foreach (var (client, due) in _due)
        {
            if (Volatile.Read(ref due.Value) <= now && _due.TryRemove(client, out _))
            {
                Interlocked.Decrement(ref _count);
            }
        }

        Volatile.Write(ref _sweeping, 0);
    }

    /// <summary>An IPv4 address, or the /64 of an IPv6 one: that is what one subscriber has at least.</summary>
    private static UInt128 Prefix(IPAddress? address)
    {
        if (address is null)
        {
            return default;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        if (written == bytes.Length)
        {
            bytes[8..].Clear();
            return new UInt128(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes), 1);
        }

        return new UInt128(0, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) + 2UL);
    }

    private readonly record struct Client(UInt128 Prefix, string? Identity);
}
