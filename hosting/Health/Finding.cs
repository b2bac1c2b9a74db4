namespace Hosting.Health;

/// <summary>One line of the <c>check</c> verb.</summary>
/// <param name="Severity">The severity; a failure makes the verb exit with 1.</param>
/// <param name="Subject">What was checked, such as <c>log file</c>.</param>
/// <param name="Message">The result, with the value.</param>
/// <param name="Remedy">What to do, or null if no action is needed.</param>
public sealed record Finding(FindingSeverity Severity, string Subject, string Message, string? Remedy = null)
{
    /// <summary>The subject is as it should be.</summary>
    public static Finding Ok(string subject, string message) => new(FindingSeverity.Ok, subject, message);

    /// <summary>The subject works, but perhaps not as intended.</summary>
    public static Finding Warning(string subject, string message, string remedy) => new(FindingSeverity.Warning, subject, message, remedy);

    /// <summary>The subject does not work.</summary>
    public static Finding Failure(string subject, string message, string remedy) => new(FindingSeverity.Failure, subject, message, remedy);

    /// <summary>The printed line.</summary>
    public override string ToString()
    {
        var mark = Severity switch
        {
            FindingSeverity.Ok => "ok  ",
            FindingSeverity.Warning => "warn",
            _ => "FAIL",
        };
        return Remedy is null ? $"{mark}  {Subject}: {Message}" : $"{mark}  {Subject}: {Message} {Remedy}";
    }
}
