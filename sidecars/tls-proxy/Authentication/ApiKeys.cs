using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace TlsProxy.Authentication;

/// <summary>
/// The keys of a file: a line each with a name and the key, or <c>sha256:</c> and its hash, so that the file need hold
/// no secret. Keys are kept and looked up by hash: how long a look-up takes says nothing about a key.
/// </summary>
internal sealed class ApiKeys
{
    private const int MinimumLength = 16;
    private const string HashPrefix = "sha256:";

    private readonly FrozenDictionary<string, string> _nameByHash;

    private ApiKeys(Dictionary<string, string> nameByHash) => _nameByHash = nameByHash.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="FormatException">A line cannot be used. The message names the line and not what stands in it.</exception>
    public static ApiKeys Parse(byte[] content)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var raw in Encoding.UTF8.GetString(content).Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [var name, var key])
            {
                throw new FormatException($"Line {number} is not a name and a key.");
            }

            if (!keys.TryAdd(Hash(key, number), name))
            {
                throw new FormatException($"Line {number} has the key of another line.");
            }
        }

        return keys.Count > 0 ? new ApiKeys(keys) : throw new FormatException("There is no key in it.");
    }

    /// <summary>Whose key it is; null when it is nobody's.</summary>
    public string? NameOf(string key) => _nameByHash.GetValueOrDefault(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));

    private static string Hash(string key, int line)
    {
        if (key.StartsWith(HashPrefix, StringComparison.Ordinal))
        {
            var hash = key[HashPrefix.Length..].ToLowerInvariant();
            return hash.Length == SHA256.HashSizeInBytes * 2 && hash.All(char.IsAsciiHexDigit)
                ? hash
                : throw new FormatException($"Line {line} has no SHA-256 after sha256: (64 hexadecimal digits).");
        }

        return key.Length >= MinimumLength
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))
            : throw new FormatException($"Line {line} has a key of fewer than {MinimumLength} characters, which can be guessed.");
    }
}
