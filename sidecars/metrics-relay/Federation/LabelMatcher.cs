using System.Text.RegularExpressions;

namespace MetricsRelay.Federation;

/// <summary>One condition of a selector. A missing label equals an empty label.</summary>
internal sealed class LabelMatcher(string name, string value, bool isNegated, Regex? regex)
{
    public string Name => name;

    public bool MatchesValue(string actual) => (regex?.IsMatch(actual) ?? actual == value) != isNegated;
}
