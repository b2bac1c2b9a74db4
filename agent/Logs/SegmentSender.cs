namespace Agent.Logs;

/// <summary>
/// Sends one file of the request log from a position on. To continue with the next file, request the position where this response
/// ended.
/// </summary>
internal static class SegmentSender
{
    /// <summary>The delay after which a follower sees a new line.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Sends complete lines; with <paramref name="follow"/>, until the file was rolled and sent completely.</summary>
    public static async Task SendSegmentAsync(
        LogSegment segment, string path, Stream output, bool follow, TimeProvider time, CancellationToken cancellationToken)
    {
        var buffer = new byte[CompleteLines.BufferBytes];
        await output.FlushAsync(cancellationToken);
        using var timer = new PeriodicTimer(PollInterval, time);
        do
        {
            if (await CompleteLines.SendLinesAsync(segment.File, buffer, output, cancellationToken))
            {
                continue;
            }

            if (segment.File.Length < segment.File.Position || await segment.IsRolledAsync(path, cancellationToken))
            {
                // The writer may have added lines between the last read and the roll; afterwards the file does not change.
                await CompleteLines.SendLinesAsync(segment.File, buffer, output, cancellationToken);
                return;
            }
        }
        while (follow && await timer.WaitForNextTickAsync(cancellationToken));
    }
}
