namespace Agent.Logs;

/// <summary>Sends one file of the request log from a position on. Whoever reads it goes on with the next one by asking from where this ended.</summary>
internal static class SegmentReader
{
    /// <summary>How soon a follower sees a line.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Sends whole lines; when following until the file is left behind and sent to its end.</summary>
    public static async Task SendAsync(LogSegment segment, string path, Stream output, bool follow, TimeProvider time, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        await output.FlushAsync(cancellationToken);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            if (await SendLinesAsync(segment.File, buffer, output, cancellationToken))
            {
                continue;
            }

            // Nothing is written to it once the next one is begun; but between the look above and this one there may have been.
            if (segment.File.Length < segment.File.Position || await segment.IsLeftBehindAsync(path, cancellationToken))
            {
                await SendLinesAsync(segment.File, buffer, output, cancellationToken);
                return;
            }
        }
        while (follow && await timer.WaitForNextTickAsync(cancellationToken));
    }

    private static async Task<bool> SendLinesAsync(FileStream file, byte[] buffer, Stream output, CancellationToken cancellationToken)
    {
        var any = false;
        int read;
        while ((read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
        {
            var whole = buffer.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;
            if (whole == 0 && read == buffer.Length)
            {
                // One line longer than the buffer: passed on in pieces.
                whole = read;
            }

            file.Position += whole - read;
            if (whole == 0)
            {
                break;
            }

            any = true;
            await output.WriteAsync(buffer.AsMemory(0, whole), cancellationToken);
            await output.FlushAsync(cancellationToken);
        }

        return any;
    }
}
