using Microsoft.CodeAnalysis;

namespace OptionsGenerator;

/// <summary>The errors that the generator reports.</summary>
internal static class Diagnostics
{
    public static readonly DiagnosticDescriptor NotPartial = new(
        "OPTIONS001",
        "Options class is not partial",
        "Options class '{0}' must be partial and must not be nested, because its shape is generated",
        "Options",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    public static readonly DiagnosticDescriptor UnsupportedType = new(
        "OPTIONS002",
        "Type of an option is not supported",
        "Option '{0}' has the type '{1}', which cannot be configured: use a number, bool, string, TimeSpan, Uri, enum, "
            + "IConfigurationSection, a class with a parameterless constructor, or an array, List<T> or Dictionary<string, T> of them",
        "Options",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    public static readonly DiagnosticDescriptor UnsupportedRule = new(
        "OPTIONS003",
        "Validation attribute is not supported",
        "Option '{0}' has a validation attribute with an argument of the form '{1}', which needs reflection: use DurationRange for "
            + "durations",
        "Options",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);
}
