using LogTailer.Files;
using LogTailer.Lines;

namespace LogTailer.Follow.Remote;

/// <summary>
/// Reads one response to its end. With positions it continues exactly where the last response ended. Without positions the entire log
/// arrives every time, and the known part, recognized by a digest of its first bytes, is skipped.
/// </summary>
internal sealed class RemoteLogReader(RemoteFiles files, RemoteBlockWriter writer, RemoteLogEvents events)
{
    /// <summary>A server without positions that sends nothing for this long has sent everything that exists.</summary>
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(2);

    /// <summary>Reads a response and passes its new lines to the sink.</summary>
    /// <param name="response">The response.</param>
    /// <param name="from">The requested position.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>Whether there was something new.</returns>
    /// <exception cref="IOException">The connection broke before anything new arrived.</exception>
    public async Task<bool> ReadResponseAsync(RemoteLogResponse response, string from, CancellationToken cancellationToken)
    {
        writer.DiscardPartialLine();
        var hasNewBytes = false;

        try
        {
            var prefix = response.File is null ? new LogPrefix() : null;
            var bytes = ReadOnlyMemory<byte>.Empty;

            if (response.File is not null)
            {
                SelectFile(response, from);
            }
            else if (files.Current is { ReadOffset: > 0 } known)
            {
                if (await SkipKnownBytesAsync(response, known, prefix!, cancellationToken) is not { } newBytes)
                {
                    return true;
                }

                bytes = newBytes;
            }
            else if (files.Current is null && from == RemotePosition.End)
            {
                await SkipExistingLinesAsync(response, prefix!, cancellationToken);
            }

            do
            {
                if (!bytes.IsEmpty)
                {
                    await writer.WriteLinesAsync(files.Current ?? files.AddLog(0), bytes, prefix, cancellationToken);
                    hasNewBytes = true;
                }

                bytes = await response.ReadBytesAsync(cancellationToken);
                prefix?.AppendBytes(bytes.Span);
            }
            while (!bytes.IsEmpty);
        }
        catch (IOException) when (hasNewBytes)
        {
            // The agent stopped during the response. The next request shows whether it is back.
        }

        return hasNewBytes;
    }

    /// <summary>Makes the file of the response the current one.</summary>
    private void SelectFile(RemoteLogResponse response, string from)
    {
        var path = files.GetPath(response.File!);

        if (files.Current is { } current && current.Path == path && current.ReadOffset == response.Offset)
        {
            return;
        }

        if (response.HasGap)
        {
            events.OnLinesLost(from, files.Url);
        }
        else if (files.Current is not null)
        {
            events.OnFileRolled();
        }

        files.AddFile(path, response.Offset);
    }

    /// <summary>Skips the known part of a log whose server provides no positions.</summary>
    /// <returns>The bytes received beyond it; null when the content was replaced and the log must be requested again.</returns>
    private async Task<ReadOnlyMemory<byte>?> SkipKnownBytesAsync(
        RemoteLogResponse response, FollowedFile known, LogPrefix prefix, CancellationToken cancellationToken)
    {
        var newBytes = new ByteBuffer();

        for (var position = 0L; position < known.ReadOffset || prefix.Length < known.Fingerprint.Length;)
        {
            // The first bytes may take any time. After them the known part arrives without long pauses.
            var received = position == 0
                ? await response.ReadBytesAsync(cancellationToken)
                : await response.ReadBytesAsync(QuietPeriod, cancellationToken);

            if (received is { IsEmpty: true } && position == 0)
            {
                return ReadOnlyMemory<byte>.Empty;
            }

            prefix.AppendBytes(received.GetValueOrDefault().Span);

            if (received is not { IsEmpty: false } bytes || !prefix.IsConsistentWith(known.Fingerprint))
            {
                events.OnContentReplaced(files.Url);
                files.AddFile(known.Path, 0);
                return null;
            }

            newBytes.AppendBytes(bytes.Span[(int)Math.Clamp(known.ReadOffset - position, 0, bytes.Length)..]);
            position += bytes.Length;
        }

        return newBytes.Memory;
    }

    /// <summary>At the first start with <c>Tail:From=end</c>, skips everything that arrives before the server is quiet.</summary>
    private async Task SkipExistingLinesAsync(RemoteLogResponse response, LogPrefix prefix, CancellationToken cancellationToken)
    {
        var offset = 0L;

        while (await response.ReadBytesAsync(QuietPeriod, cancellationToken) is { IsEmpty: false } bytes)
        {
            prefix.AppendBytes(bytes.Span);
            offset += writer.SkipLines(bytes);
        }

        if (offset > 0)
        {
            files.AddLog(offset).Fingerprint = prefix.GetFingerprint(offset);
        }
    }
}
