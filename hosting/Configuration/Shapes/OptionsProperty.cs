using System.ComponentModel.DataAnnotations;

namespace Hosting.Configuration.Shapes;

/// <summary>One property of an options class.</summary>
public abstract class OptionsProperty
{
    /// <summary>The name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>The summary of the property's documentation as one line of text; empty without one.</summary>
    public required string Description { get; init; }

    /// <summary>The form of the value.</summary>
    public required OptionsShape Shape { get; init; }

    /// <summary>Whether the value may be null.</summary>
    public required bool IsNullable { get; init; }

    /// <summary>Whether the property is marked as a secret.</summary>
    public required bool IsSecret { get; init; }

    /// <summary>The validation attributes of the property.</summary>
    public required IReadOnlyList<ValidationAttribute> Rules { get; init; }

    /// <summary>Reads the value from a section.</summary>
    public abstract object? ReadValue(object section);

    /// <summary>Sets the value in a section.</summary>
    public abstract void SetValue(object section, object? value);
}
