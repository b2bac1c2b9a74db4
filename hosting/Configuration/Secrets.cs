namespace Hosting.Configuration;

/// <summary>Decides which values are never shown.</summary>
internal static class Secrets
{
    public const string Mask = "***";

    private static readonly string[] Words =
        ["password", "secret", "token", "apikey", "api-key", "api_key", "authorization", "credential", "cookie"];

    /// <summary>
    /// True for a key that is marked as a secret, and for a key whose last part has the name of one, such as an HTTP
    /// header that the user chose. The path of a file is not a secret.
    /// </summary>
    public static bool IsSecret(string key, bool marked)
    {
        if (marked)
        {
            return true;
        }

        var name = key[(key.LastIndexOf(':') + 1)..];
        return !name.EndsWith("File", StringComparison.OrdinalIgnoreCase)
            && Words.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
    }
}
