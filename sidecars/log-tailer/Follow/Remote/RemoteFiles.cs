using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LogTailer.Checkpoint;
using LogTailer.Files;

namespace LogTailer.Follow.Remote;

/// <summary>The files of a log that is followed over HTTP, with the sink's position in each.</summary>
/// <remarks>Changed by the follower only; <see cref="Files"/> is read on any thread.</remarks>
internal sealed class RemoteFiles
{
    private readonly RemoteLogEvents _events;
    private readonly TimeProvider _time;

    // Oldest first. Replaced and never modified, because the checkpoint is written on another thread.
    private volatile FollowedFile[] _files = [];

    public RemoteFiles(Uri url, IReadOnlyList<CheckpointedPosition>? restored, RemoteLogEvents events, TimeProvider time)
    {
        (Url, _events, _time) = (url, events, time);
        var known = (restored ?? []).Where(position => position.Path.Split('#')[0] == url.ToString()).ToList();

        if (known.Count > 0)
        {
            // Acknowledgements are in order: the last file with an acknowledged line is the one to continue with.
            var last = known[Math.Max(0, known.FindLastIndex(position => position.Offset > 0))];
            _files = [new FollowedFile(last.Path, last.Identity, last.Fingerprint, last.Offset) { Size = last.Offset }];
        }
    }

    /// <summary>The URL of the log.</summary>
    public Uri Url { get; }

    public IReadOnlyList<FollowedFile> Files => _files;

    /// <summary>The file that is being read; null before the first line.</summary>
    public FollowedFile? Current => _files is [.., var current] ? current : null;

    /// <summary>The server's name for the current read position; null when it provides no positions.</summary>
    public string? CurrentPosition => Current?.Path.IndexOf('#', StringComparison.Ordinal) is > 0 and var hash
        ? string.Create(CultureInfo.InvariantCulture, $"{Current.Path.AsSpan(hash + 1)}:{Current.ReadOffset}")
        : null;

    /// <summary>The path of a file that the server names.</summary>
    public string GetPath(string file) => $"{Url}#{file}";

    /// <summary>Adds a file, which becomes the current one.</summary>
    public FollowedFile AddFile(string path, long offset)
    {
        foreach (var file in _files)
        {
            file.RotatedAt ??= _time.GetTimestamp();
        }

        var added = new FollowedFile(path, DeriveIdentity(path), default, offset)
        {
            Size = offset,
            Modified = _time.GetUtcNow().UtcDateTime,
        };
        _files = [.. _files, added];
        _events.OnFileStarted(path, offset);
        return added;
    }

    /// <summary>Adds the log of a server without positions.</summary>
    public FollowedFile AddLog(long offset) => AddFile(Url.ToString(), offset);

    /// <summary>Removes files that are read and acknowledged, except for the current one.</summary>
    public void RemoveFinishedFiles()
    {
        var files = _files;
        FollowedFile[] kept = [.. files.Where((file, i) => i == files.Length - 1 || !file.IsFullyAcknowledged)];

        if (kept.Length < files.Length)
        {
            _files = kept;
            _events.OnFilesRemoved();
        }
    }

    public void CollectPositions(List<CheckpointedPosition> positions) => positions.AddRange(_files.Select(CheckpointedPosition.FromFile));

    /// <summary>A remote file has no inode. Its identity is a digest of its path.</summary>
    private static FileIdentity DeriveIdentity(string path)
        => new(0, BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(path))));
}
