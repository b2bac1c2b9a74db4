using System.IO.Enumeration;

namespace LogTailer.Follow;

/// <summary>Which files to follow: one path, or a directory and a wildcard for the names in it.</summary>
internal sealed class LogPattern
{
    private static readonly string[] Compressed = [".gz", ".zst", ".bz2", ".xz", ".zip"];

    public LogPattern(string pattern)
    {
        Text = Path.GetFullPath(pattern);
        Directory = Path.GetDirectoryName(Text) ?? Path.GetPathRoot(Text) ?? "/";
        Name = Path.GetFileName(Text);
        IsGlob = HasWildcard(Name);
    }

    /// <summary>The path or glob as an absolute path.</summary>
    public string Text { get; }

    /// <summary>The directory that the files lie in.</summary>
    public string Directory { get; }

    /// <summary>The file's name, or the wildcard for it.</summary>
    public string Name { get; }

    public bool IsGlob { get; }

    public static bool HasWildcard(string text) => text.AsSpan().IndexOfAny('*', '?') >= 0;

    /// <summary>Whether a file of this name is to be followed. What a wildcard finds compressed is left alone.</summary>
    public bool Matches(ReadOnlySpan<char> name)
    {
        if (!IsGlob)
        {
            return name.SequenceEqual(Name);
        }

        if (!FileSystemName.MatchesSimpleExpression(Name, name, ignoreCase: false))
        {
            return false;
        }

        foreach (var extension in Compressed)
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a name looks like a rotated one of these files, though it is not under the pattern: <c>app.log.1</c> for <c>app.log</c>.</summary>
    public bool MayBeRotated(ReadOnlySpan<char> name)
    {
        var wildcard = Name.AsSpan().IndexOfAny('*', '?');
        return name.StartsWith(Path.GetFileNameWithoutExtension(wildcard < 0 ? Name : Name[..wildcard]), StringComparison.Ordinal);
    }
}
