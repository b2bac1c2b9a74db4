namespace Hosting.Configuration.Shapes;

/// <summary>A property of one type in one class.</summary>
public sealed class PropertyOf<TSection, TValue> : OptionsProperty
    where TSection : class
{
    /// <summary>Reads the property.</summary>
    public required Func<TSection, TValue> Getter { get; init; }

    /// <summary>Sets the property.</summary>
    public required Action<TSection, TValue> Setter { get; init; }

    /// <inheritdoc/>
    public override object? ReadValue(object section) => Getter((TSection)section);

    /// <inheritdoc/>
    public override void SetValue(object section, object? value) => Setter((TSection)section, (TValue)value!);
}
