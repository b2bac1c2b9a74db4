using System.Buffers;

namespace Agent.RequestLogging;

/// <summary>Lines one after the other, as they will stand in the file.</summary>
/// <param name="minBytes">What must fit in; there is room for some hundred lines at least.</param>
internal sealed class LineBlock(int minBytes)
{
    private const int UsualBytes = 64 * 1024;

    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(UsualBytes, minBytes));
    private int _length;

    /// <summary>The lines.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>How many there are.</summary>
    public int Lines { get; private set; }

    /// <summary>Characters of the texts in them.</summary>
    public long TextChars { get; private set; }

    /// <returns>False when there is no room for it.</returns>
    public bool TryAdd(ReadOnlySpan<byte> line, int textChars)
    {
        if (!line.TryCopyTo(_bytes.AsSpan(_length)))
        {
            return false;
        }

        _length += line.Length;
        Lines++;
        TextChars += textChars;
        return true;
    }

    /// <summary>Gives the memory back; nothing may look at the block afterwards.</summary>
    public void Release() => ArrayPool<byte>.Shared.Return(_bytes);
}
