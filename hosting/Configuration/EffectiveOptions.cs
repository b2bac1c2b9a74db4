using System.Globalization;
using Hosting.Configuration.Shapes;

namespace Hosting.Configuration;

/// <summary>Lists an options object as keys and values, defaults included, for <c>/statusz</c> and <c>--help</c>.</summary>
internal static class EffectiveOptions
{
    public static IEnumerable<(string Key, string? Value)> ListValues(SectionShape shape, object options) =>
        ListSection(shape, options, "");

    private static IEnumerable<(string, string?)> ListSection(SectionShape shape, object section, string path) =>
        shape.Properties.SelectMany(property => ListKey(property.Shape, property.ReadValue(section), path + property.Name));

    private static IEnumerable<(string, string?)> ListKey(OptionsShape shape, object? value, string key) => (shape, value) switch
    {
        (_, null) => [(key, null)],
        (SubtreeShape, IConfigurationSection subtree) => subtree
            .AsEnumerable(makePathsRelative: true)
            .Where(entry => entry.Value is not null)
            .Select(entry => ($"{key}:{entry.Key}", entry.Value)),
        (DictionaryShape dictionary, _) => dictionary
            .ListEntries(value)
            .SelectMany(entry => ListKey(dictionary.Value, entry.Value, $"{key}:{entry.Name}")),
        (ListShape list, _) => ListShape
            .ListItems(value)
            .SelectMany((item, index) => ListKey(list.Item, item, $"{key}:{index}")),
        (SectionShape section, _) => ListSection(section, value, key + ":"),
        _ => [(key, FormatValue(value))],
    };

    private static string? FormatValue(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        Enum name => name.ToString().ToLowerInvariant(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
