using LogTailer.Files;

namespace LogTailer.Follow.Remote;

/// <summary>The first bytes of a log in a response, which identify the log of a server without positions.</summary>
internal sealed class LogPrefix
{
    private readonly byte[] _bytes = new byte[Fingerprint.MaxLength];

    /// <summary>The number of bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>Adds received bytes until the prefix is complete.</summary>
    public void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        var added = Math.Min(bytes.Length, _bytes.Length - Length);
        bytes[..added].CopyTo(_bytes.AsSpan(Length));
        Length += added;
    }

    /// <summary>The fingerprint of the log up to <paramref name="end"/>.</summary>
    public Fingerprint GetFingerprint(long end) => Fingerprint.FromBytes(_bytes.AsSpan(0, (int)Math.Min(Length, end)));

    /// <summary>Whether the bytes received so far are consistent with <paramref name="known"/>.</summary>
    public bool IsConsistentWith(Fingerprint known) => Length < known.Length || GetFingerprint(known.Length) == known;
}
