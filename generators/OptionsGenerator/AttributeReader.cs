using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using System.Globalization;

namespace OptionsGenerator;

/// <summary>Reads the attributes of a property, and writes validation attributes as expressions that create them.</summary>
internal static class AttributeReader
{
    private const string ValidationAttributeName = "System.ComponentModel.DataAnnotations.ValidationAttribute";

    /// <summary>The name of the property in the configuration.</summary>
    public static string ReadKeyName(IPropertySymbol property) => property.GetAttributes()
        .Where(attribute => attribute.AttributeClass?.Name == "ConfigurationKeyNameAttribute")
        .Select(attribute => attribute.ConstructorArguments[0].Value as string)
        .FirstOrDefault() ?? property.Name;

    /// <summary>Whether the value must not be shown.</summary>
    public static bool IsSecret(IPropertySymbol property) =>
        property.GetAttributes().Any(attribute => attribute.AttributeClass?.ToDisplayString() == "Hosting.Configuration.SecretAttribute");

    /// <summary>The validation attributes of the property.</summary>
    public static IEnumerable<AttributeData> ListRules(IPropertySymbol property) =>
        property.GetAttributes().Where(attribute => IsValidation(attribute.AttributeClass));

    /// <summary>The argument that only reflection can handle, such as the type of a range; null if there is none.</summary>
    public static string? FindUnsupportedArgument(AttributeData rule) => rule.ConstructorArguments
        .Where(argument => argument.Kind == TypedConstantKind.Type)
        .Select(argument => argument.ToCSharpString())
        .FirstOrDefault();

    /// <summary>The expression that creates the attribute.</summary>
    public static string FormatRule(AttributeData rule)
    {
        var type = rule.AttributeClass!.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        var arguments = string.Join(", ", rule.ConstructorArguments.Select(FormatConstant));
        var settings = string.Join(", ", rule.NamedArguments.Select(named => $"{named.Key} = {FormatConstant(named.Value)}"));
        return settings.Length == 0 ? $"new {type}({arguments})" : $"new {type}({arguments}) {{ {settings} }}";
    }

    private static bool IsValidation(INamedTypeSymbol? type)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (current.ToDisplayString() == ValidationAttributeName)
            {
                return true;
            }
        }

        return false;
    }

    // The type of a number selects the constructor, so a literal must not lose it: 1.0 is not 1.
    private static string FormatConstant(TypedConstant constant) => constant switch
    {
        { IsNull: true } => "null!",
        { Kind: TypedConstantKind.Array } =>
            $"new {constant.Type!.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)} "
                + $"{{ {string.Join(", ", constant.Values.Select(FormatConstant))} }}",
        { Value: double number } => number.ToString("R", CultureInfo.InvariantCulture) + "D",
        { Value: float number } => number.ToString("R", CultureInfo.InvariantCulture) + "F",
        { Value: long number } => number.ToString(CultureInfo.InvariantCulture) + "L",
        _ => constant.ToCSharpString(),
    };
}
