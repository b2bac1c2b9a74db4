namespace Agent.Logs;

/// <summary>Reads complete lines from a file that another thread may be writing.</summary>
internal static class CompleteLines
{
    public const int BufferBytes = 64 * 1024;

    /// <summary>Sends the complete lines from the file's position on, and moves the position past them.</summary>
    /// <returns>Whether any were sent.</returns>
    public static async Task<bool> SendLinesAsync(FileStream file, byte[] buffer, Stream output, CancellationToken cancellationToken)
    {
        var any = false;
        int read;
        while ((read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
        {
            var complete = buffer.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;
            if (complete == 0 && read == buffer.Length)
            {
                // A line longer than the buffer is sent in parts.
                complete = read;
            }

            file.Position += complete - read;
            if (complete == 0)
            {
                break;
            }

            any = true;
            await output.WriteAsync(buffer.AsMemory(0, complete), cancellationToken);
            await output.FlushAsync(cancellationToken);
        }

        return any;
    }

    /// <summary>Finds the offset of the last <paramref name="lines"/> complete lines; with 0, the end of the last line.</summary>
    public static long FindLastLines(FileStream file, int lines)
    {
        // Backwards, the first newline is the end of the last line and not the start of one.
        var remaining = lines + 1;
        var buffer = new byte[BufferBytes];
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - buffer.Length);
            var read = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(0, (int)(end - start)), start);
            for (var i = read - 1; i >= 0; i--)
            {
                if (buffer[i] == '\n' && --remaining == 0)
                {
                    return start + i + 1;
                }
            }

            end = start;
        }

        return 0;
    }
}
