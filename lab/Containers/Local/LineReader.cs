namespace Lab.Containers.Local;

/// <summary>
/// Passes a container's output on line by line, on a thread of its own: a pipe of a child process cannot be read
/// asynchronously without holding a thread of the pool, and a Pod has two for each container.
/// </summary>
internal sealed class LineReader
{
    /// <summary>A line over this many bytes is passed on in pieces.</summary>
    public const int MaxLineBytes = 1024 * 1024;

    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LineReader(Stream stream, string container, bool error, IContainerOutput output)
    {
        _thread = new Thread(() => Read(stream, container, error, output), 256 * 1024)
        {
            IsBackground = true,
            Name = $"{container} {(error ? "stderr" : "stdout")}",
        };
        _thread.Start();
    }

    /// <summary>Everything up to the end of the stream is passed on.</summary>
    public Task Ended => _ended.Task;

    private void Read(Stream stream, string container, bool error, IContainerOutput output)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    if (length >= MaxLineBytes)
                    {
                        output.Line(container, error, buffer);
                        length = 0;
                    }
                    else
                    {
                        Array.Resize(ref buffer, buffer.Length * 2);
                    }
                }

                var read = stream.Read(buffer, length, buffer.Length - length);
                if (read == 0)
                {
                    break;
                }

                length = PassOn(buffer, length, length + read, container, error, output);
            }

            if (length > 0)
            {
                output.Line(container, error, buffer.AsSpan(0, length));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe was closed under us because something outlived its container.
        }
        finally
        {
            _ended.SetResult();
        }
    }

    /// <summary>Passes on the whole lines and moves the rest to the front.</summary>
    private static int PassOn(byte[] buffer, int scanned, int length, string container, bool error, IContainerOutput output)
    {
        var start = 0;
        while (true)
        {
            var newline = buffer.AsSpan(Math.Max(start, scanned)..length).IndexOf((byte)'\n');
            if (newline < 0)
            {
                break;
            }

            var end = Math.Max(start, scanned) + newline;
            output.Line(container, error, buffer.AsSpan(start..end));
            start = end + 1;
        }

        buffer.AsSpan(start..length).CopyTo(buffer);
        return length - start;
    }
}
