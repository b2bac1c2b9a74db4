using System.Globalization;

namespace Agent.RequestLogging;

/// <summary>The files that the request log has left behind: <c>requests_001.log</c>, <c>requests_002.log</c>, … for <c>requests.log</c>.</summary>
internal static class RolledFiles
{
    /// <summary>The file that <paramref name="path"/> stands for: a link is followed once, so that what is looked at later is what is written.</summary>
    public static string TargetOf(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    /// <summary>The highest number that is there; 0 when there is none.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static long LastOf(string target) => Of(target) is [.., var (number, _)] ? number : 0;

    /// <summary>Those beside <paramref name="target"/>, oldest first.</summary>
    public static List<(long Number, string Path)> Of(string target)
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

    /// <summary>The name that <paramref name="target"/> gets when it is the <paramref name="number"/>th to be left behind.</summary>
    public static string NameOf(string target, long number) => Path.Combine(
        Path.GetDirectoryName(target)!,
        string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(target)}_{number:000}{Path.GetExtension(target)}"));
}
