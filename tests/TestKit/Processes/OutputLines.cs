namespace TestKit;

/// <summary>Reads one output stream of a process line by line while the process runs.</summary>
internal sealed class OutputLines(StreamReader reader, int maxLines)
{
    private readonly List<string> _lines = [];

    /// <summary>A copy of the lines so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The number of lines so far.</summary>
    public int Count
    {
        get
        {
            lock (_lines)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>Reads until all processes that inherited the stream have closed it, or until the test closes this side.</summary>
    public async Task ReadToEndAsync()
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (_lines)
                {
                    if (_lines.Count < maxLines)
                    {
                        _lines.Add(line);
                    }
                }
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or IOException or OperationCanceledException)
        {
            // The test closed the stream while a read was pending.
        }
    }
}
