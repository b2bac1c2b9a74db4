using System.Text;

namespace Lab.Containers.Local;

/// <summary>
/// Translates the paths of a container to paths of this machine. A mount path is replaced only where it is a complete path
/// (<c>--config=/etc/app/x.json</c>), not as part of a longer name (<c>/etc/application</c>) or of a URL.
/// </summary>
internal sealed class PathTranslation
{
    private const string CharactersBeforePath = " \t\r\n=:,;\"'()[]{}<>|&@`";

    private readonly (string Mount, string Host)[] _mounts;

    public PathTranslation(IEnumerable<(string Mount, string Host)> mounts)
    {
        // The deepest mount takes precedence, as in a file system.
        _mounts =
        [
            .. mounts.Select(mount => (Mount: mount.Mount.TrimEnd('/'), mount.Host))
                .Where(mount => mount.Mount.Length > 0)
                .OrderByDescending(mount => mount.Mount.Length),
        ];
    }

    /// <summary>Replaces all mount paths in a text. Returns the same instance if there are none.</summary>
    public string TranslatePaths(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var at = text.IndexOf('/', StringComparison.Ordinal); at >= 0; at = text.IndexOf('/', at + 1))
        {
            if (at > 0 && !CharactersBeforePath.Contains(text[at - 1], StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var (mount, host) in _mounts)
            {
                if (string.CompareOrdinal(text, at, mount, 0, mount.Length) == 0 && IsPathEnd(text, at + mount.Length))
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

    private static bool IsPathEnd(string text, int end) =>
        end == text.Length || (!char.IsLetterOrDigit(text[end]) && !"._-~+%@#".Contains(text[end], StringComparison.Ordinal));
}
