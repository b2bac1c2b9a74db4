using System.IO.Enumeration;

namespace LogTailer.Files;

/// <summary>The files to follow: one path, or a directory and a wildcard for the file names in it.</summary>
internal sealed class LogPattern
{
    private static readonly string[] CompressedExtensions = [".gz", ".zst", ".bz2", ".xz", ".zip"];

    public LogPattern(string pattern)
    {
        Text = Path.GetFullPath(pattern);
        Directory = Path.GetDirectoryName(Text) ?? Path.GetPathRoot(Text) ?? "/";
        Name = Path.GetFileName(Text);
        IsGlob = HasWildcard(Name);
    }

    /// <summary>The absolute path or glob.</summary>
    public string Text { get; }

    /// <summary>The directory that contains the files.</summary>
    public string Directory { get; }

    /// <summary>The file name, or the wildcard for file names.</summary>
    public string Name { get; }

    public bool IsGlob { get; }

    public static bool HasWildcard(string text) => text.AsSpan().IndexOfAny('*', '?') >= 0;

    /// <summary>Whether a file with this name is followed. A glob does not include compressed files.</summary>
    public bool MatchesName(ReadOnlySpan<char> name)
    {
        if (!IsGlob)
        {
            return name.SequenceEqual(Name);
        }

        if (!FileSystemName.MatchesSimpleExpression(Name, name, ignoreCase: false))
        {
            return false;
        }

        foreach (var extension in CompressedExtensions)
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a name outside the pattern looks like a rotated file of it: <c>app.log.1</c> for <c>app.log</c>.</summary>
    public bool MayBeRotatedName(ReadOnlySpan<char> name)
    {
        var wildcard = Name.AsSpan().IndexOfAny('*', '?');
        return name.StartsWith(Path.GetFileNameWithoutExtension(wildcard < 0 ? Name : Name[..wildcard]), StringComparison.Ordinal);
    }
}
