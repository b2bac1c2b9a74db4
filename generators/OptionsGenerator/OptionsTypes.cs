using Microsoft.CodeAnalysis;

namespace OptionsGenerator;

/// <summary>Recognizes the types that options classes and their properties have.</summary>
internal static class OptionsTypes
{
    public const string CommonOptionsName = "ContainerOptions";

    /// <summary>The class whose properties all options classes have in common.</summary>
    public static bool IsCommonOptions(INamedTypeSymbol type) =>
        type.Name == CommonOptionsName && type.ContainingNamespace.ToDisplayString() == "Hosting.Configuration";

    /// <summary>Whether a shape is generated for the class.</summary>
    public static bool IsDescribed(INamedTypeSymbol type)
    {
        if (IsCommonOptions(type))
        {
            return true;
        }

        for (var parent = type.BaseType; parent is not null && !type.IsAbstract; parent = parent.BaseType)
        {
            if (IsCommonOptions(parent))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The properties that can be configured: of the class first, and then of its base classes.</summary>
    public static IEnumerable<IPropertySymbol> ListProperties(INamedTypeSymbol type)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (IsCommonOptions(current) && !SymbolEqualityComparer.Default.Equals(current, type))
            {
                yield break;
            }

            foreach (var property in current.GetMembers().OfType<IPropertySymbol>())
            {
                if (property is { IsStatic: false, IsIndexer: false, DeclaredAccessibility: Accessibility.Public }
                    && property is { GetMethod: not null, SetMethod: { DeclaredAccessibility: Accessibility.Public, IsInitOnly: false } })
                {
                    yield return property;
                }
            }
        }
    }

    /// <summary>The type without <c>Nullable&lt;T&gt;</c>.</summary>
    public static ITypeSymbol UnwrapNullable(ITypeSymbol type) =>
        type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable
            ? nullable.TypeArguments[0]
            : type;

    /// <summary>Whether a value of the type is one setting.</summary>
    public static bool IsScalar(ITypeSymbol type) => type.TypeKind == TypeKind.Enum
        || type.SpecialType is SpecialType.System_Boolean or SpecialType.System_Byte or SpecialType.System_Int16
            or SpecialType.System_Int32 or SpecialType.System_Int64 or SpecialType.System_Single or SpecialType.System_Double
            or SpecialType.System_String
        || type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) is "global::System.TimeSpan" or "global::System.Uri";

    /// <summary>Whether any keys may be set below the property.</summary>
    public static bool IsSubtree(ITypeSymbol type) =>
        type.ToDisplayString(NameOnly) == "Microsoft.Extensions.Configuration.IConfigurationSection";

    /// <summary>The type of the items, if the property is a list but no array.</summary>
    public static ITypeSymbol? FindListItem(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments.Length: 1 } list
            && list.OriginalDefinition.ToDisplayString(NameOnly) is "System.Collections.Generic.List"
                or "System.Collections.Generic.IList" or "System.Collections.Generic.IReadOnlyList"
            ? list.TypeArguments[0]
            : null;

    /// <summary>The type of the values, if the property is a dictionary with text as keys.</summary>
    public static ITypeSymbol? FindDictionaryValue(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments.Length: 2 } dictionary
            && dictionary.TypeArguments[0].SpecialType == SpecialType.System_String
            && dictionary.OriginalDefinition.ToDisplayString(NameOnly) is "System.Collections.Generic.Dictionary"
                or "System.Collections.Generic.IDictionary"
            ? dictionary.TypeArguments[1]
            : null;

    /// <summary>Whether the type is a class that can be created and whose properties are keys.</summary>
    public static bool IsSection(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeKind: TypeKind.Class, IsAbstract: false, IsGenericType: false } section
            && section.SpecialType == SpecialType.None
            && section.InstanceConstructors.Any(constructor => constructor.Parameters.Length == 0);

    private static SymbolDisplayFormat NameOnly { get; } =
        new(typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces);
}
