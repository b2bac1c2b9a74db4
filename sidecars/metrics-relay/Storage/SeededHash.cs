using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MetricsRelay.Storage;

/// <summary>
/// Hashes of byte strings that a target controls. The seed is random in each process, so a target cannot craft a body whose series
/// all collide.
/// </summary>
internal static class SeededHash
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;
    private static readonly ulong SecondSeed = (ulong)Random.Shared.NextInt64() | 1;

    public static uint ComputeHash32(ReadOnlySpan<byte> bytes)
    {
        var hash = ComputeHash64(bytes, Seed);
        return (uint)(hash ^ (hash >> 32));
    }

    /// <summary>
    /// 128 bits: wide enough to stand for the bytes themselves, because a collision among millions of series is negligible.
    /// </summary>
    public static (ulong High, ulong Low) ComputeHash128(ReadOnlySpan<byte> bytes) =>
        (ComputeHash64(bytes, Seed), ComputeHash64(bytes, SecondSeed));

    private static ulong ComputeHash64(ReadOnlySpan<byte> bytes, ulong seed)
    {
        var hash = seed ^ ((ulong)bytes.Length * Multiplier);
        while (bytes.Length >= sizeof(ulong))
        {
            hash = MixWord(hash, MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length > 0)
        {
            Span<byte> rest = stackalloc byte[sizeof(ulong)];
            rest.Clear();
            bytes.CopyTo(rest);
            hash = MixWord(hash, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        }

        return MixWord(hash, seed);
    }

    private static ulong MixWord(ulong hash, ulong word)
    {
        var high = Math.BigMul(hash ^ word, Multiplier, out var low);
        return BitOperations.RotateLeft(high ^ low, 23) + word;
    }
}
