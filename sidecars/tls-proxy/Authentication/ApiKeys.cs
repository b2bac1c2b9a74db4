using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace TlsProxy.Authentication;

/// <summary>
/// The API keys of a file: each line has a name and either the key or <c>sha256:</c> with its hash, so the file does not have to
/// contain secrets. Keys are stored and looked up by hash, so the time of a lookup reveals nothing about a key.
/// </summary>
internal sealed class ApiKeys
{
    private const int MinimumLength = 16;
    private const string HashPrefix = "sha256:";

    private readonly FrozenDictionary<string, string> _nameByHash;

    private ApiKeys(Dictionary<string, string> nameByHash) => _nameByHash = nameByHash.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="FormatException">A line is invalid. The message gives the line number and not the content.</exception>
    public static ApiKeys ParseFile(byte[] content)
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

            if (!keys.TryAdd(ParseKeyHash(key, number), name))
            {
                throw new FormatException($"Line {number} has the key of another line.");
            }
        }

        return keys.Count > 0 ? new ApiKeys(keys) : throw new FormatException("The file contains no key.");
    }

    /// <summary>The name that belongs to a key; null when the key is unknown.</summary>
    /// <param name="header">The key as a header value, which contains each byte as one character.</param>
    public string? FindName(string header) => _nameByHash.GetValueOrDefault(ComputeHash(Encoding.Latin1.GetBytes(header)));

    private static string ParseKeyHash(string key, int line)
    {
        if (key.StartsWith(HashPrefix, StringComparison.Ordinal))
        {
            var hash = key[HashPrefix.Length..].ToLowerInvariant();
            return hash.Length == SHA256.HashSizeInBytes * 2 && hash.All(char.IsAsciiHexDigit)
                ? hash
                : throw new FormatException($"Line {line} has no SHA-256 after sha256: (64 hexadecimal digits).");
        }

        return key.Length >= MinimumLength
            ? ComputeHash(Encoding.UTF8.GetBytes(key))
            : throw new FormatException($"Line {line} has a key with fewer than {MinimumLength} characters, which can be guessed.");
    }

    private static string ComputeHash(byte[] key) => Convert.ToHexStringLower(SHA256.HashData(key));
}
