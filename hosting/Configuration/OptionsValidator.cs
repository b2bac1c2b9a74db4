using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Hosting.Configuration;

/// <summary>Validates an options object: the attributes of its properties, and <see cref="IValidatable"/> for rules across keys.</summary>
internal static class OptionsValidator
{
    public static IReadOnlyList<ConfigurationError> ValidateOptions(object options)
    {
        var errors = new List<ConfigurationError>();
        ValidateSection(options, "", errors);
        return errors;
    }

    private static void ValidateSection(object section, string path, List<ConfigurationError> errors)
    {
        foreach (var property in OptionsSchema.ListProperties(section.GetType()))
        {
            var key = path + OptionsSchema.ReadKeyName(property);
            var value = property.GetValue(section);
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>(inherit: true))
            {
                var context = new ValidationContext(section) { MemberName = property.Name, DisplayName = key };
                if (rule.GetValidationResult(value, context) is { } failure)
                {
                    errors.Add(new(key, FormatValue(value), DescribeRule(rule, key, failure.ErrorMessage)));
                }
            }

            foreach (var (name, child) in ListSections(value, key))
            {
                ValidateSection(child, name + ":", errors);
            }
        }

        if (section is IValidatable validatable)
        {
            errors.AddRange(validatable.Validate(path));
        }
    }

    /// <summary>The options objects in a value: the value itself, or the items of its list or dictionary.</summary>
    private static IEnumerable<(string Key, object Section)> ListSections(object? value, string key)
    {
        IEnumerable<(string Key, object? Value)> candidates = value switch
        {
            null or IConfigurationSection or string => [],
            IDictionary entries => entries.Keys.Cast<object>().Select(name => ($"{key}:{name}", entries[name])),
            IList items => items.Cast<object?>().Select((item, index) => ($"{key}:{index}", item)),
            _ => [(key, value)],
        };
        foreach (var (name, candidate) in candidates)
        {
            if (candidate is not null && !ConfigurationValue.IsScalarType(candidate.GetType()))
            {
                yield return (name, candidate);
            }
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
        AllowedValuesAttribute allowed => $"must be one of {string.Join(", ", allowed.Values)}.",
        _ => message ?? "is not valid.",
    };
}
