namespace Lab.Probes;

/// <summary>The result of one run of a probe or hook.</summary>
/// <param name="Success">Whether it succeeded.</param>
/// <param name="Message">Why it failed, in the kubelet's words; empty if it succeeded.</param>
internal readonly record struct ProbeResult(bool Success, string Message)
{
    public static ProbeResult Ok => new(true, "");

    public static ProbeResult Failure(string message) => new(false, message);
}
