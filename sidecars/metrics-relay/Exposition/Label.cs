namespace MetricsRelay.Exposition;

/// <summary>One label of a series, unescaped.</summary>
internal readonly record struct Label(string Name, string Value);
