using System.Collections.Concurrent;
using System.Text;
using Lab.Containers;

namespace Lab.Output;

/// <summary>
/// The lab's standard output: <c>container | line</c>, the prefix aligned and, on a terminal, coloured. One thread writes, so a
/// line is never torn. When the reader of the output is slow the containers wait for it, as they would for a pipe of their
/// own; the lab's own words never wait, so a Pod can be stopped even then.
/// </summary>
internal sealed class OutputWriter : IContainerOutput, IDisposable
{
    private const int QueuedLines = 1024;
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(5);
    private static readonly int[] Colours = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

    private readonly Stream _stream;
    private readonly Dictionary<string, byte[]> _prefixes = new(StringComparer.Ordinal);
    private readonly byte[] _ownPrefix;
    private readonly BlockingCollection<byte[]> _queue = new(QueuedLines);
    private readonly ConcurrentQueue<byte[]> _overflow = new();
    private readonly Thread _thread;

    /// <param name="stream">Where it goes.</param>
    /// <param name="containers">Every container's name, for the colours and the alignment.</param>
    /// <param name="colour">Whether to colour.</param>
    public OutputWriter(Stream stream, IReadOnlyList<string> containers, bool colour)
    {
        _stream = stream;
        var width = containers.Append("lab").Max(name => name.Length);
        foreach (var (index, name) in containers.Index())
        {
            _prefixes[name] = Prefix(name, colour ? Colours[index % Colours.Length] : null);
        }

        _ownPrefix = Prefix("lab", colour ? 1 : null);
        _thread = new Thread(Write) { IsBackground = true, Name = "output" };
        _thread.Start();

        byte[] Prefix(string name, int? code) => Encoding.UTF8.GetBytes(code is null
            ? $"{name.PadRight(width)} | "
            : $"\e[{code}m{name.PadRight(width)} |\e[0m ");
    }

    public void Line(string container, bool error, ReadOnlySpan<byte> line) => Enqueue(Compose(_prefixes[container], line), wait: true);

    /// <summary>A line of the lab's own.</summary>
    public void Say(string line) => Enqueue(Compose(_ownPrefix, Encoding.UTF8.GetBytes(line)), wait: false);

    /// <summary>A line without prefix.</summary>
    public void Print(string line) => Enqueue(Compose([], Encoding.UTF8.GetBytes(line)), wait: false);

    /// <summary>Writes what is left; gives up on a reader that has stopped reading.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (_thread.Join(LongestDrain))
        {
            _queue.Dispose();
        }
    }

    private static byte[] Compose(byte[] prefix, ReadOnlySpan<byte> line)
    {
        var whole = new byte[prefix.Length + line.Length + 1];
        prefix.CopyTo(whole, 0);
        line.CopyTo(whole.AsSpan(prefix.Length));
        whole[^1] = (byte)'\n';
        return whole;
    }

    private void Enqueue(byte[] line, bool wait)
    {
        try
        {
            if (wait)
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
            // Completed: what comes after the end of the run has no reader.
        }
    }

    private void Write()
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
            // Nobody reads any more. The containers must not be held up by that.
            foreach (var _ in _queue.GetConsumingEnumerable())
            {
            }
        }
    }
}
