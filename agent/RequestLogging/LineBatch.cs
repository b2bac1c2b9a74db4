using System.Buffers;

namespace Agent.RequestLogging;

/// <summary>Formatted lines in one buffer, ready to be written.</summary>
/// <param name="minBytes">The size of the first line; a batch has room for some hundred lines of usual size.</param>
internal sealed class LineBatch(int minBytes)
{
    private const int UsualBytes = 64 * 1024;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(UsualBytes, minBytes));
    private int _length;

    /// <summary>The lines, each with its newline.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>Number of lines.</summary>
    public int Lines { get; private set; }

    /// <summary>Characters of the texts in the lines.</summary>
    public long TextChars { get; private set; }

    /// <returns>False if the line does not fit.</returns>
    public bool TryAddLine(ReadOnlySpan<byte> line, int textChars)
    {
        if (!line.TryCopyTo(_buffer.AsSpan(_length)))
        {
            return false;
        }

        _length += line.Length;
        Lines++;
        TextChars += textChars;
        return true;
    }

    /// <summary>Returns the buffer to the pool; do not use the batch afterwards.</summary>
    public void ReturnBuffer() => ArrayPool<byte>.Shared.Return(_buffer);
}
