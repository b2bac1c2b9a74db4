using System.Collections;
using System.Globalization;

namespace Hosting.Configuration;

/// <summary>Lists an options object as keys and values, defaults included, for <c>/statusz</c> and <c>--help</c>.</summary>
internal static class EffectiveOptions
{
    public static IEnumerable<(string Key, string? Value)> ListValues(object options) => ListSection(options, "");

    private static IEnumerable<(string, string?)> ListSection(object section, string path) => OptionsSchema
        .ListProperties(section.GetType())
        .SelectMany(property => ListKey(property.GetValue(section), path + OptionsSchema.ReadKeyName(property)));

    private static IEnumerable<(string, string?)> ListKey(object? value, string key) => value switch
    {
        null => [(key, null)],
        IConfigurationSection section => section
            .AsEnumerable(makePathsRelative: true)
            .Where(entry => entry.Value is not null)
            .Select(entry => ($"{key}:{entry.Key}", entry.Value)),
        IDictionary entries => entries.Keys.Cast<object>().SelectMany(name => ListKey(entries[name], $"{key}:{name}")),
        IList items when value is not string => items.Cast<object?>().SelectMany((item, index) => ListKey(item, $"{key}:{index}")),
        _ when ConfigurationValue.IsScalarType(value.GetType()) => [(key, FormatValue(value))],
        _ => ListSection(value, key + ":"),
    };

    private static string? FormatValue(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        Enum name => name.ToString().ToLowerInvariant(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
