using System.Text.RegularExpressions;

namespace MetricsRelay.Federate;

/// <summary>One condition of a selector. A label that is absent is as one that is empty.</summary>
internal sealed class LabelMatcher(string name, string value, bool negated, Regex? regex)
{
    public string Name => name;

    public bool Matches(string actual) => (regex?.IsMatch(actual) ?? actual == value) != negated;
}
