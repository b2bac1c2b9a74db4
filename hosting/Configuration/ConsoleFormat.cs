namespace Hosting.Configuration;

/// <summary>How a line of diagnostics looks.</summary>
public enum ConsoleFormat
{
    /// <summary>One JSON object a line, for machines.</summary>
    Json,

    /// <summary>Time, level, category and message, for people.</summary>
    Text,
}
