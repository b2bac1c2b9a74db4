namespace Hosting.Health;

/// <summary>How bad a <see cref="Finding"/> is.</summary>
public enum FindingSeverity
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, but perhaps not as meant.</summary>
    Warning,

    /// <summary>Does not work.</summary>
    Failure,
}
