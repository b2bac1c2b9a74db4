namespace Hosting.Configuration;

/// <summary>One configuration key.</summary>
/// <param name="Name">
/// The key, sections separated by a colon; <c>*</c> stands for the key of a dictionary or the index of a list of sections.
/// </param>
/// <param name="ValueType">The type of the value, or of one item of a list.</param>
/// <param name="Kind">The form of the value.</param>
/// <param name="IsSecret">Whether the property is marked as a secret.</param>
/// <param name="Description">One line that describes the key; empty without one.</param>
internal sealed record OptionsKey(string Name, Type ValueType, OptionsKeyKind Kind, bool IsSecret, string Description)
{
    private readonly string[] _segments = Name.Split(':');

    /// <summary>The environment variable of a key, such as <c>SINK__URL</c>.</summary>
    public static string ToEnvironmentName(string key) => key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>Whether a configured key sets this one, or an item or subkey of it.</summary>
    public bool MatchesKey(string[] segments)
    {
        var hasLength = Kind switch
        {
            OptionsKeyKind.Scalar => segments.Length == _segments.Length,
            OptionsKeyKind.List => segments.Length == _segments.Length
                || (segments.Length == _segments.Length + 1 && int.TryParse(segments[^1], out _)),
            _ => segments.Length >= _segments.Length,
        };
        return hasLength && StartsWith(segments);
    }

    /// <summary>Whether a section contains this key.</summary>
    public bool IsInSection(string[] section) => _segments.Length > section.Length && StartsWith(section);

    /// <summary>Whether a configured key sets the list as one comma-separated value, instead of one item.</summary>
    public bool IsWholeList(string key) => Kind == OptionsKeyKind.List && key.Split(':').Length == _segments.Length;

    private bool StartsWith(string[] segments) =>
        _segments.Zip(segments).All(pair => pair.First == "*" || pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));
}
