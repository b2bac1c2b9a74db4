using System.Globalization;

namespace Agent.RequestLogging;

/// <summary>The older files of the request log: <c>requests_001.log</c>, <c>requests_002.log</c>, … for <c>requests.log</c>.</summary>
internal static class RolledFiles
{
    /// <summary>
    /// The file that <paramref name="path"/> refers to, with a symbolic link resolved, so that all operations use the same file.
    /// </summary>
    public static string ResolveTarget(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    /// <summary>The highest number; 0 without rolled files.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static long FindLastNumber(string target) => ListFiles(target) is [.., var (number, _)] ? number : 0;

    /// <summary>The rolled files of <paramref name="target"/>, oldest first.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static List<(long Number, string Path)> ListFiles(string target)
    {
        var prefix = Path.GetFileNameWithoutExtension(target) + "_";
        var extension = Path.GetExtension(target);
        var rolled = new List<(long Number, string Path)>();
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(target)!, prefix + "*" + extension))
        {
            var number = Path.GetFileName(file).AsSpan()[prefix.Length..^extension.Length];
            if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
            {
                rolled.Add((parsed, file));
            }
        }

        rolled.Sort();
        return rolled;
    }

    /// <summary>The name of the rolled file with this number.</summary>
    public static string FormatName(string target, long number) => Path.Combine(
        Path.GetDirectoryName(target)!,
        string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(target)}_{number:000}{Path.GetExtension(target)}"));
}
