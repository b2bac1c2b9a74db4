namespace MetricsRelay.Exposition;

/// <summary>What is done with names beyond <c>[a-zA-Z0-9_:]</c> (Prometheus' "escaping schemes").</summary>
internal enum Escaping
{
    /// <summary>Every other character becomes an underscore: for readers that know nothing of UTF-8 names.</summary>
    Underscores,

    /// <summary>They are written in double quotes.</summary>
    AllowUtf8,
}
