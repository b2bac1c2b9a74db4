namespace MetricsRelay.Writing;

/// <summary>How names with other characters than <c>[a-zA-Z0-9_:]</c> are written (Prometheus "escaping schemes").</summary>
internal enum NameEscaping
{
    /// <summary>Each other character becomes an underscore, for readers without support for UTF-8 names.</summary>
    Underscores,

    /// <summary>Names are written in double quotes.</summary>
    AllowUtf8,
}
