using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MetricsRelay.Exposition;

/// <summary>
/// Hashes of byte strings that a target chooses, so seeded anew in each process: nobody can prepare a body of which
/// every series falls into one bucket.
/// </summary>
internal static class Hash
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;
    private static readonly ulong OtherSeed = (ulong)Random.Shared.NextInt64() | 1;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Of64(bytes, Seed);
        return (uint)(hash ^ (hash >> 32));
    }

    /// <summary>Wide enough to stand for the bytes themselves: no two of a few million are ever alike.</summary>
    public static (ulong, ulong) Wide(ReadOnlySpan<byte> bytes) => (Of64(bytes, Seed), Of64(bytes, OtherSeed));

    private static ulong Of64(ReadOnlySpan<byte> bytes, ulong seed)
    {
        var hash = seed ^ ((ulong)bytes.Length * Multiplier);
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Mix(hash, MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length > 0)
        {
            Span<byte> rest = stackalloc byte[sizeof(ulong)];
            rest.Clear();
            bytes.CopyTo(rest);
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        }

        return Mix(hash, seed);
    }

    private static ulong Mix(ulong hash, ulong word)
    {
        var high = Math.BigMul(hash ^ word, Multiplier, out var low);
        return BitOperations.RotateLeft(high ^ low, 23) + word;
    }
}
