namespace Hosting.Health;

/// <summary>One line of the <c>check</c> verb.</summary>
/// <param name="Severity">Whether it is good; a failure makes the verb exit with 1.</param>
/// <param name="Subject">What was looked at, such as <c>log file</c>.</param>
/// <param name="Message">What was found, with the value.</param>
/// <param name="Remedy">What to do, if anything.</param>
public sealed record Finding(FindingSeverity Severity, string Subject, string Message, string? Remedy = null)
{
    /// <summary>All is well.</summary>
    public static Finding Ok(string subject, string message) => new(FindingSeverity.Ok, subject, message);

    /// <summary>It will work, but perhaps not as meant.</summary>
    public static Finding Warning(string subject, string message, string remedy) => new(FindingSeverity.Warning, subject, message, remedy);

    /// <summary>It will not work.</summary>
    public static Finding Failure(string subject, string message, string remedy) => new(FindingSeverity.Failure, subject, message, remedy);

    /// <summary>The line as printed.</summary>
    public override string ToString()
    {
        var mark = Severity switch { FindingSeverity.Ok => "ok  ", FindingSeverity.Warning => "warn", _ => "FAIL" };
        return Remedy is null ? $"{mark}  {Subject}: {Message}" : $"{mark}  {Subject}: {Message} {Remedy}";
    }
}
