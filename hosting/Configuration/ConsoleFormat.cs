namespace Hosting.Configuration;

/// <summary>The format of diagnostics.</summary>
public enum ConsoleFormat
{
    /// <summary>One JSON object per line, for machines.</summary>
    Json,

    /// <summary>Time, level, category and message, for people.</summary>
    Text,
}
