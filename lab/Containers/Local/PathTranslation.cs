using System.Text;

namespace Lab.Containers.Local;

/// <summary>
/// A container's own paths as paths of this machine. A mount path is replaced where it stands as a path of its own
/// (<c>--config=/etc/app/x.json</c>, not <c>/etc/application</c> and not inside a URL).
/// </summary>
internal sealed class PathTranslation
{
    private const string Before = " \t\r\n=:,;\"'()[]{}<>|&@`";

    private readonly (string Mount, string Host)[] _mounts;

    public PathTranslation(IEnumerable<(string Mount, string Host)> mounts)
    {
        // The deepest mount wins, as in a file system.
        _mounts = [.. mounts.Select(mount => (mount.Mount.TrimEnd('/'), mount.Host)).Where(mount => mount.Item1.Length > 0).OrderByDescending(mount => mount.Item1.Length)];
    }

    public string Apply(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var at = text.IndexOf('/', StringComparison.Ordinal); at >= 0; at = text.IndexOf('/', at + 1))
        {
            if (at > 0 && !Before.Contains(text[at - 1], StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var (mount, host) in _mounts)
            {
                if (string.CompareOrdinal(text, at, mount, 0, mount.Length) == 0 && EndsAt(text, at + mount.Length))
                {
                    result ??= new StringBuilder();
                    result.Append(text, copied, at - copied).Append(host);
                    copied = at + mount.Length;
                    at = copied - 1;
                    break;
                }
            }
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static bool EndsAt(string text, int end) =>
        end == text.Length || (!char.IsLetterOrDigit(text[end]) && !"._-~+%@#".Contains(text[end], StringComparison.Ordinal));
}
