namespace LogTailer.Follow.Remote;

/// <summary>The first bytes of a log as an answer brings them, to know it by where the server names no positions.</summary>
internal sealed class LogHead
{
    private readonly byte[] _bytes = new byte[Fingerprint.MaxLength];

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    public void Take(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, _bytes.Length - Length);
        bytes[..taken].CopyTo(_bytes.AsSpan(Length));
        Length += taken;
    }

    /// <summary>The fingerprint of the log up to <paramref name="end"/>.</summary>
    public Fingerprint UpTo(long end) => Fingerprint.Of(_bytes.AsSpan(0, (int)Math.Min(Length, end)));

    /// <summary>Whether the log, as far as it has come, may be the one that <paramref name="known"/> tells of.</summary>
    public bool Fits(Fingerprint known) => Length < known.Length || UpTo(known.Length) == known;
}
