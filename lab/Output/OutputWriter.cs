using System.Collections.Concurrent;
using System.Text;
using Lab.Containers;

namespace Lab.Output;

/// <summary>
/// The lab's standard output: <c>container | line</c>, with an aligned prefix that is colored on a terminal. A single thread writes, so
/// lines are never mixed. If the reader of the output is slow, the containers block, as they would on a pipe. The lab's own messages never
/// block, so a Pod can be stopped even then.
/// </summary>
internal sealed class OutputWriter : IContainerOutput, IDisposable
{
    private const int QueuedLines = 1024;
    private static readonly TimeSpan MaxDrainTime = TimeSpan.FromSeconds(5);
    private static readonly int[] Colors = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

    private readonly Stream _stream;
    private readonly Dictionary<string, byte[]> _prefixes = new(StringComparer.Ordinal);
    private readonly byte[] _ownPrefix;
    private readonly BlockingCollection<byte[]> _queue = new(QueuedLines);
    private readonly ConcurrentQueue<byte[]> _overflow = new();
    private readonly Thread _thread;

    /// <param name="stream">The standard output.</param>
    /// <param name="containers">The names of all containers, for colors and alignment.</param>
    /// <param name="useColors">Whether to color the prefixes.</param>
    public OutputWriter(Stream stream, IReadOnlyList<string> containers, bool useColors)
    {
        _stream = stream;
        var width = containers.Append("lab").Max(name => name.Length);
        foreach (var (index, name) in containers.Index())
        {
            _prefixes[name] = FormatPrefix(name, useColors ? Colors[index % Colors.Length] : null);
        }

        _ownPrefix = FormatPrefix("lab", useColors ? 1 : null);
        _thread = new Thread(WriteQueue) { IsBackground = true, Name = "output" };
        _thread.Start();

        byte[] FormatPrefix(string name, int? code) => Encoding.UTF8.GetBytes(code is null
            ? $"{name.PadRight(width)} | "
            : $"\e[{code}m{name.PadRight(width)} |\e[0m ");
    }

    public void WriteLine(string container, bool isError, ReadOnlySpan<byte> line) =>
        EnqueueLine(ComposeLine(_prefixes[container], line), blocks: true);

    /// <summary>Writes a message of the lab itself.</summary>
    public void WriteMessage(string line) => EnqueueLine(ComposeLine(_ownPrefix, Encoding.UTF8.GetBytes(line)), blocks: false);

    /// <summary>Writes a line without prefix.</summary>
    public void WriteUnprefixed(string line) => EnqueueLine(ComposeLine([], Encoding.UTF8.GetBytes(line)), blocks: false);

    /// <summary>Writes the remaining lines. Does not wait for a reader that has stopped reading.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (_thread.Join(MaxDrainTime))
        {
            _queue.Dispose();
        }
    }

    private static byte[] ComposeLine(byte[] prefix, ReadOnlySpan<byte> line)
    {
        var composed = new byte[prefix.Length + line.Length + 1];
        prefix.CopyTo(composed, 0);
        line.CopyTo(composed.AsSpan(prefix.Length));
        composed[^1] = (byte)'\n';
        return composed;
    }

    private void EnqueueLine(byte[] line, bool blocks)
    {
        try
        {
            if (blocks)
            {
                _queue.Add(line);
            }
            else if (!_overflow.IsEmpty || !_queue.TryAdd(line))
            {
                _overflow.Enqueue(line);
            }
        }
        catch (InvalidOperationException)
        {
            // Disposed: lines after the end of the run are dropped.
        }
    }

    private void WriteQueue()
    {
        try
        {
            using var buffer = new MemoryStream();
            foreach (var first in _queue.GetConsumingEnumerable())
            {
                buffer.SetLength(0);
                buffer.Write(first);
                while (buffer.Length < 64 * 1024 && _queue.TryTake(out var next))
                {
                    buffer.Write(next);
                }

                while (_overflow.TryDequeue(out var late))
                {
                    buffer.Write(late);
                }

                _stream.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
                _stream.Flush();
            }

            while (_overflow.TryDequeue(out var late))
            {
                _stream.Write(late);
            }

            _stream.Flush();
        }
        catch (IOException)
        {
            // The reader has closed the output. The containers must not block because of that.
            foreach (var _ in _queue.GetConsumingEnumerable())
            {
            }
        }
    }
}
