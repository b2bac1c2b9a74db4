using System.Diagnostics.CodeAnalysis;
using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>The followed files, by identity and in rotation order.</summary>
/// <remarks>Changed by the follower's thread only; <see cref="Ordered"/> is read on any thread.</remarks>
internal sealed class KnownFiles
{
    private readonly Dictionary<FileIdentity, FollowedFile> _byIdentity = [];

    // Replaced and never modified, because the checkpoint is written on another thread.
    private volatile FollowedFile[] _ordered = [];

    /// <summary>The files as of the last <see cref="PublishOrder"/>, oldest first.</summary>
    public FollowedFile[] Ordered => _ordered;

    /// <summary>All files, in no particular order.</summary>
    public IEnumerable<FollowedFile> Unordered => _byIdentity.Values;

    public bool ContainsIdentity(FileIdentity identity) => _byIdentity.ContainsKey(identity);

    public bool TryFindFile(FileIdentity identity, [NotNullWhen(true)] out FollowedFile? file)
        => _byIdentity.TryGetValue(identity, out file);

    /// <summary>Adds a file, which becomes visible with the next <see cref="PublishOrder"/>.</summary>
    public void AddFile(FollowedFile file) => _byIdentity.Add(file.Identity, file);

    /// <summary>Sorts the files and makes them visible.</summary>
    public void PublishOrder()
    {
        var files = new List<FollowedFile>(_byIdentity.Values);
        files.Sort(RotationOrder.Instance);
        _ordered = [.. files];
    }

    /// <summary>Replaces a file by one with new content, in the same place of the order.</summary>
    public void ReplaceFile(FollowedFile replaced, FollowedFile replacement)
    {
        _byIdentity[replacement.Identity] = replacement;
        _ordered = [.. _ordered.Select(file => ReferenceEquals(file, replaced) ? replacement : file)];
    }

    public void RemoveFile(FollowedFile removed)
    {
        _byIdentity.Remove(removed.Identity);
        _ordered = [.. _ordered.Where(file => !ReferenceEquals(file, removed))];
    }
}
