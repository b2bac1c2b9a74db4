namespace Lab.Containers.Local;

/// <summary>
/// Forwards the output of a container line by line, on a dedicated thread. Reading the pipe of a child process asynchronously would
/// occupy a thread of the pool, and a Pod has two pipes per container.
/// </summary>
internal sealed class LineReader
{
    /// <summary>A longer line is forwarded in parts of this size.</summary>
    public const int MaxLineBytes = 1024 * 1024;

    private readonly Thread _thread;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LineReader(Stream stream, string container, bool isError, IContainerOutput output)
    {
        _thread = new Thread(() => ReadLines(stream, container, isError, output), 256 * 1024)
        {
            IsBackground = true,
            Name = $"{container} {(isError ? "stderr" : "stdout")}",
        };
        _thread.Start();
    }

    /// <summary>Completes when the stream has ended and all of it was forwarded.</summary>
    public Task Completion => _completion.Task;

    private void ReadLines(Stream stream, string container, bool isError, IContainerOutput output)
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
                        output.WriteLine(container, isError, buffer);
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

                length = WriteCompleteLines(buffer, length, length + read, container, isError, output);
            }

            if (length > 0)
            {
                output.WriteLine(container, isError, buffer.AsSpan(0, length));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe was closed while a process that outlived its container still held it.
        }
        finally
        {
            _completion.SetResult();
        }
    }

    /// <summary>Forwards the complete lines and moves the rest to the start of the buffer.</summary>
    private static int WriteCompleteLines(
        byte[] buffer, int scanned, int length, string container, bool isError, IContainerOutput output)
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
            output.WriteLine(container, isError, buffer.AsSpan(start..end));
            start = end + 1;
        }

        buffer.AsSpan(start..length).CopyTo(buffer);
        return length - start;
    }
}
