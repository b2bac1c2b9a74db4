namespace Hosting.Configuration;

/// <summary>The options in effect. A reload replaces the object, so read <see cref="Value"/> once per unit of work.</summary>
public sealed class CurrentOptions<TOptions>(TOptions initial)
    where TOptions : ContainerOptions
{
    private volatile TOptions _value = initial;

    /// <summary>The current options; the object itself never changes.</summary>
    public TOptions Value
    {
        get => _value;
        internal set => _value = value;
    }
}
