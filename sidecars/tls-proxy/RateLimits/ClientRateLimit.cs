using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using TlsProxy.Metadata;

namespace TlsProxy.RateLimits;

/// <summary>
/// Limits the requests of each client with the generic cell rate algorithm: one number for each client, the time at which its next
/// request is due. The number of tracked clients is bounded.
/// </summary>
internal sealed class ClientRateLimit
{
    /// <summary>Clients tracked separately. Further clients share one bucket until inactive clients are removed.</summary>
    internal const int MaximumClients = 100_000;

    private readonly ConcurrentDictionary<ClientKey, StrongBox<long>> _due = new();
    private readonly StrongBox<long> _sharedDue = new();
    private readonly TimeProvider _time;
    private readonly long _interval;
    private readonly long _tolerance;
    private readonly int _maximum;
    private int _count;
    private int _removing;

    internal ClientRateLimit(
        double requests, double seconds, double burst, bool byIdentity, TimeProvider time, int maximum = MaximumClients)
    {
        ByIdentity = byIdentity;
        (_time, _maximum) = (time, maximum);
        _interval = Math.Max(1, (long)(time.TimestampFrequency * seconds / requests));
        _tolerance = (long)(_interval * (burst - 1));
    }

    /// <summary>Clients are distinguished by identity where it is known, and not by address.</summary>
    public bool ByIdentity { get; }

    public static ClientRateLimit? FromMetadata(RouteMetadata metadata, TimeProvider time)
    {
        if (!metadata.ContainsGroup("RateLimit."))
        {
            return null;
        }

        if (!metadata.ContainsKey("RateLimit.Requests"))
        {
            metadata.AddError("RateLimit.Requests", "is missing. Set the number of requests per window for each client.");
        }

        var requests = metadata.GetNumber("RateLimit.Requests", 1, 1, 1_000_000);
        return new ClientRateLimit(
            requests,
            metadata.GetNumber("RateLimit.WindowSeconds", 1, 0.001, 86400),
            metadata.GetNumber("RateLimit.Burst", requests, 1, 1_000_000),
            metadata.GetKeyword("RateLimit.By", "client", "client", "identity") == "identity",
            time);
    }

    /// <summary>Counts a request against the limit of its client.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="identity">The client's identity; null when it is unknown.</param>
    /// <returns>Null when the request is within the limit; otherwise the time until the next one would be.</returns>
    public TimeSpan? TryAcquire(IPAddress? address, string? identity)
    {
        var client = identity is null ? new ClientKey(GetPrefix(address), null) : new ClientKey(default, identity);
        if (!_due.TryGetValue(client, out var due))
        {
            due = AddClient(client);
        }

        var now = _time.GetTimestamp();
        while (true)
        {
            var earlier = Volatile.Read(ref due.Value);
            var start = Math.Max(earlier, now);
            if (start - now > _tolerance)
            {
                return _time.GetElapsedTime(now, start - _tolerance);
            }

            if (Interlocked.CompareExchange(ref due.Value, start + _interval, earlier) == earlier)
            {
                return null;
            }
        }
    }

    private StrongBox<long> AddClient(ClientKey client)
    {
        if (Volatile.Read(ref _count) >= _maximum)
        {
            RemoveInactiveClients();
            if (Volatile.Read(ref _count) >= _maximum)
            {
                return _sharedDue;
            }
        }

        var added = new StrongBox<long>();
        var current = _due.GetOrAdd(client, added);
        if (ReferenceEquals(current, added))
        {
            Interlocked.Increment(ref _count);
        }

        return current;
    }

    /// <summary>Removes clients whose next request is already due: a new entry would have the same effect.</summary>
    private void RemoveInactiveClients()
    {
        if (Interlocked.Exchange(ref _removing, 1) != 0)
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

        Volatile.Write(ref _removing, 0);
    }

    /// <summary>An IPv4 address, or the /64 prefix of an IPv6 address, which is the smallest network of one subscriber.</summary>
    private static UInt128 GetPrefix(IPAddress? address)
    {
        if (address is null)
        {
            return default;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        if (written == bytes.Length)
        {
            return new UInt128(BinaryPrimitives.ReadUInt64BigEndian(bytes), 1);
        }

        return new UInt128(0, BinaryPrimitives.ReadUInt32BigEndian(bytes) + 2UL);
    }

    private readonly record struct ClientKey(UInt128 Prefix, string? Identity);
}
