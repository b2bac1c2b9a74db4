using System.Text.RegularExpressions;

namespace Lab.Objects;

/// <summary>The forms of names, with the API server's words for a wrong one.</summary>
internal static partial class Names
{
    public static string? CheckLabel(string path, string value) => value.Length <= 63 && Label().IsMatch(value)
        ? null
        : $"{path}: Invalid value: \"{value}\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    public static string? CheckSubdomain(string path, string value) => value.Length <= 253 && Subdomain().IsMatch(value)
        ? null
        : $"{path}: Invalid value: \"{value}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    /// <summary>Whether a key of a ConfigMap or Secret can be a file name.</summary>
    public static bool IsKey(string key) => key.Length <= 253 && key is not ("." or "..") && !key.StartsWith("..", StringComparison.Ordinal) && Key().IsMatch(key);

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?\\z")]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[-._a-zA-Z0-9]+\\z")]
    private static partial Regex Key();
}
