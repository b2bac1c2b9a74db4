namespace MetricsRelay.Exposition;

/// <summary>The exposition breaks a rule of its format. One such place refuses the whole of it.</summary>
internal sealed class ExpositionException(int line, int column, string message)
    : Exception($"line {line}, column {column}: {message}")
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The character within the line, from 1.</summary>
    public int Column { get; } = column;

    /// <summary>What is wrong, without the place.</summary>
    public string Reason { get; } = message;
}
