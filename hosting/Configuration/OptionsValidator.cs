using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Hosting.Configuration.Shapes;

namespace Hosting.Configuration;

/// <summary>Validates an options object: the attributes of its properties, and <see cref="IValidatable"/> for rules across keys.</summary>
internal static class OptionsValidator
{
    public static IReadOnlyList<ConfigurationError> ValidateOptions(SectionShape shape, object options)
    {
        var errors = new List<ConfigurationError>();
        ValidateSection(shape, options, "", errors);
        return errors;
    }

    private static void ValidateSection(SectionShape shape, object section, string path, List<ConfigurationError> errors)
    {
        foreach (var property in shape.Properties)
        {
            var key = path + property.Name;
            var value = property.ReadValue(section);
            foreach (var rule in property.Rules)
            {
                var context = new ValidationContext(section, displayName: key, serviceProvider: null, items: null);
                if (rule.GetValidationResult(value, context) is { } failure)
                {
                    errors.Add(new(key, FormatValue(value), DescribeRule(rule, key, failure.ErrorMessage)));
                }
            }

            ValidateValue(property.Shape, value, key, errors);
        }

        if (section is IValidatable validatable)
        {
            errors.AddRange(validatable.Validate(path));
        }
    }

    /// <summary>Validates the sections in a value: the value itself, or the items of its list or dictionary.</summary>
    private static void ValidateValue(OptionsShape shape, object? value, string key, List<ConfigurationError> errors)
    {
        switch (shape)
        {
            case SectionShape section when value is not null:
                ValidateSection(section, value, key + ":", errors);
                break;
            case ListShape { Item: not ScalarShape } list when value is not null:
                foreach (var (index, item) in ListShape.ListItems(value).Index())
                {
                    ValidateValue(list.Item, item, $"{key}:{index}", errors);
                }

                break;
            case DictionaryShape { Value: not ScalarShape } dictionary when value is not null:
                foreach (var (name, entry) in dictionary.ListEntries(value))
                {
                    ValidateValue(dictionary.Value, entry, $"{key}:{name}", errors);
                }

                break;
        }
    }

    private static string? FormatValue(object? value) => value switch
    {
        null or "" => null,
        IEnumerable and not string => null,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string DescribeRule(ValidationAttribute rule, string key, string? message) => rule switch
    {
        // The default text of some attributes is a template; an own text has no placeholder.
        _ when rule.ErrorMessage is { } text && !text.Contains("{0}", StringComparison.Ordinal) => text,
        RequiredAttribute =>
            $"is required. Set {OptionsKey.ToEnvironmentName(key)} in the environment, \"{key}\" in the file, or --{key}=…",
        RangeAttribute range => $"must be from {range.Minimum} to {range.Maximum}.",
        DurationRangeAttribute range => $"must be from {range.Minimum} to {range.Maximum}.",
        AllowedValuesAttribute allowed => $"must be one of {string.Join(", ", allowed.Values)}.",
        _ => message ?? "is not valid.",
    };
}
