using System.Net.Http.Headers;

namespace Agent.Remote;

/// <summary>The file with the API key. Read for every request, because a mounted Secret may change at any time.</summary>
internal static class ApiKeyFile
{
    /// <returns>The header with the key; null if no file is configured or the file is empty.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read the file.</exception>
    public static async Task<AuthenticationHeaderValue?> ReadHeaderAsync(string path, CancellationToken cancellationToken)
    {
        var key = path.Length > 0 ? (await File.ReadAllTextAsync(path, cancellationToken)).Trim() : "";
        return key.Length > 0 ? new AuthenticationHeaderValue("Bearer", key) : null;
    }
}
