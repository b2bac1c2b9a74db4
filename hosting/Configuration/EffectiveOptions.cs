using System.Collections;
using System.Globalization;

namespace Hosting.Configuration;

/// <summary>An options object as keys and values, defaults included: what <c>/statusz</c> and <c>--help</c> show.</summary>
internal static class EffectiveOptions
{
    public static IEnumerable<(string Key, string? Value)> Of(object options) => Walk(options, "");

    private static IEnumerable<(string, string?)> Walk(object options, string path) =>
        OptionsSchema.Properties(options.GetType()).SelectMany(p => Value(p.GetValue(options), path + OptionsSchema.KeyName(p)));

    private static IEnumerable<(string, string?)> Value(object? value, string key) => value switch
    {
        null => [(key, null)],
        IConfigurationSection section => section.AsEnumerable(makePathsRelative: true).Where(e => e.Value is not null).Select(e => ($"{key}:{e.Key}", e.Value)),
        IDictionary entries => entries.Keys.Cast<object>().SelectMany(k => Value(entries[k], $"{key}:{k}")),
        IList items when value is not string => items.Cast<object?>().SelectMany((item, i) => Value(item, $"{key}:{i}")),
        _ when ConfigurationValue.IsLeaf(value.GetType()) => [(key, Text(value))],
        _ => Walk(value, key + ":"),
    };

    private static string? Text(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        Enum name => name.ToString().ToLowerInvariant(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
