namespace Lab.Probes;

internal readonly record struct ProbeResult(bool Success, string Message)
{
    public static ProbeResult Ok => new(true, "");

    public static ProbeResult Failure(string message) => new(false, message);
}
