using LogTailer.Checkpoint;
using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>The positions of the previous run whose files have not been found yet.</summary>
/// <remarks>Changed by the follower's thread only; <see cref="Unmatched"/> is read on any thread.</remarks>
internal sealed class RestoredPositions
{
    private readonly Dictionary<FileIdentity, CheckpointedPosition> _byIdentity = [];

    // Files of this scan that exist but could not be opened: their positions are kept.
    private readonly HashSet<FileIdentity> _unopened = [];
    private volatile CheckpointedPosition[] _unmatched;

    /// <param name="positions">The positions in the checkpoint; null at the first start.</param>
    public RestoredPositions(IReadOnlyList<CheckpointedPosition>? positions)
    {
        IsFirstStart = positions is null;
        _unmatched = [.. positions ?? []];

        foreach (var position in _unmatched)
        {
            _byIdentity[position.Identity] = position;
        }
    }

    /// <summary>Whether there is no checkpoint.</summary>
    public bool IsFirstStart { get; }

    public bool IsEmpty => _byIdentity.Count == 0;

    /// <summary>The positions as of the last <see cref="PublishUnmatched"/>.</summary>
    public CheckpointedPosition[] Unmatched => _unmatched;

    public bool ContainsIdentity(FileIdentity identity) => _byIdentity.ContainsKey(identity);

    /// <summary>Finds the position of a file: by identity, or by path and inode, because device numbers can change with a reboot.</summary>
    public CheckpointedPosition? FindPosition(string path, FileIdentity identity)
    {
        if (_byIdentity.TryGetValue(identity, out var known))
        {
            return known;
        }

        foreach (var position in _byIdentity.Values)
        {
            if (position.Identity.Inode == identity.Inode && position.Path == path && position.Fingerprint.Length > 0)
            {
                return position;
            }
        }

        return null;
    }

    /// <summary>Called when a scan starts.</summary>
    public void ClearUnopened() => _unopened.Clear();

    /// <summary>Keeps a position because its file exists but cannot be opened at the moment.</summary>
    public void KeepUnopened(CheckpointedPosition position) => _unopened.Add(position.Identity);

    /// <summary>Removes a position because its file was found.</summary>
    public void RemoveMatched(CheckpointedPosition position) => _byIdentity.Remove(position.Identity);

    /// <summary>Removes the positions of files that no longer exist, after a scan that found others.</summary>
    public void RemoveMissing()
    {
        foreach (var identity in _byIdentity.Keys.ToArray())
        {
            if (!_unopened.Contains(identity))
            {
                _byIdentity.Remove(identity);
            }
        }
    }

    /// <summary>Makes the remaining positions visible to the checkpoint.</summary>
    public void PublishUnmatched()
    {
        if (_unmatched.Length != _byIdentity.Count)
        {
            _unmatched = [.. _byIdentity.Values];
        }
    }
}
