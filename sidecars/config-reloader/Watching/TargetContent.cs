namespace ConfigReloader.Watching;

/// <summary>What is known about the configuration that the target uses.</summary>
/// <param name="Fingerprint">Fingerprint of the snapshot that was delivered last; null if it is not known what the target uses.</param>
/// <param name="IsConfirmed">False if the target was notified but did not show that it reloaded.</param>
internal readonly record struct TargetContent(string? Fingerprint, bool IsConfirmed)
{
    /// <summary>
    /// The state after a failed attempt: an application that could not be reached may have been starting, and may have read a
    /// version that no longer exists.
    /// </summary>
    public static TargetContent Unknown => default;

    public static TargetContent FromFingerprint(string fingerprint) => new(fingerprint, IsConfirmed: true);
}
