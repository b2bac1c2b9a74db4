using System.Text.RegularExpressions;

namespace Lab.Admission;

/// <summary>The formats of names, with the messages of the API server.</summary>
internal static partial class NameRules
{
    private const int MaxLabelLength = 63;
    private const int MaxSubdomainLength = 253;

    /// <summary>The error message for a name that is not an RFC 1123 label, or null.</summary>
    public static string? CheckLabel(string path, string value) => value.Length <= MaxLabelLength && LabelPattern().IsMatch(value)
        ? null
        : $"{path}: Invalid value: \"{value}\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
            + "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
            + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    /// <summary>The error message for a name that is not an RFC 1123 subdomain, or null.</summary>
    public static string? CheckSubdomain(string path, string value) =>
        value.Length <= MaxSubdomainLength && SubdomainPattern().IsMatch(value)
        ? null
        : $"{path}: Invalid value: \"{value}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
            + "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
            + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    /// <summary>Whether a key of a ConfigMap or Secret is valid as a file name.</summary>
    public static bool IsValidKey(string key) =>
        key.Length <= MaxSubdomainLength
        && key != "."
        && !key.StartsWith("..", StringComparison.Ordinal)
        && KeyPattern().IsMatch(key);

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?\\z")]
    private static partial Regex LabelPattern();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\z")]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex("^[-._a-zA-Z0-9]+\\z")]
    private static partial Regex KeyPattern();
}
