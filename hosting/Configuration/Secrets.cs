namespace Hosting.Configuration;

/// <summary>Which values are never shown.</summary>
internal static class Secrets
{
    public const string Mask = "***";

    private static readonly string[] Words = ["password", "secret", "token", "apikey", "api-key", "api_key", "authorization", "credential", "cookie"];

    /// <summary>
    /// A key that is marked as a secret, or whose last part is named like one (which catches headers and the like,
    /// whose names are the user's); a path to a file is not a secret.
    /// </summary>
    public static bool IsSecret(string key, bool marked)
    {
        if (marked)
        {
            return true;
        }

        var name = key[(key.LastIndexOf(':') + 1)..];
        return !name.EndsWith("File", StringComparison.OrdinalIgnoreCase)
            && Words.Any(w => name.Contains(w, StringComparison.OrdinalIgnoreCase));
    }
}
