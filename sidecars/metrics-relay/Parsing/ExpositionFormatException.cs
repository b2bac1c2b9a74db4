namespace MetricsRelay.Parsing;

/// <summary>The exposition breaks a rule of its format. A single violation rejects the whole exposition.</summary>
internal sealed class ExpositionFormatException(int line, int column, string reason) : Exception($"line {line}, column {column}: {reason}")
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The character in the line, from 1.</summary>
    public int Column { get; } = column;

    /// <summary>The message without the position.</summary>
    public string Reason { get; } = reason;
}
