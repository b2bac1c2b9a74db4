namespace Hosting.Health;

/// <summary>The severity of a <see cref="Finding"/>.</summary>
public enum FindingSeverity
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, but perhaps not as intended.</summary>
    Warning,

    /// <summary>Does not work.</summary>
    Failure,
}
