namespace Hosting.Configuration;

/// <summary>The options in force. A reload swaps the whole object, so take <see cref="Value"/> once a unit of work.</summary>
public sealed class CurrentOptions<TOptions>(TOptions initial)
    where TOptions : ContainerOptions
{
    private volatile TOptions _value = initial;

    /// <summary>The snapshot in force; never changed in place.</summary>
    public TOptions Value
    {
        get => _value;
        internal set => _value = value;
    }
}
