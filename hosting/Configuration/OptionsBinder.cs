using Hosting.Configuration.Shapes;

namespace Hosting.Configuration;

/// <summary>Binds settings to an options object.</summary>
internal static class OptionsBinder
{
    /// <summary>Creates an options object from normalized settings; keys without a setting keep their defaults.</summary>
    public static TOptions BindOptions<TOptions>(IReadOnlyDictionary<string, string?> values)
        where TOptions : IDescribedOptions
    {
        var options = TOptions.Shape.CreateSection();
        BindSection(TOptions.Shape, options, new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        return (TOptions)options;
    }

    private static void BindSection(SectionShape shape, object section, IConfiguration settings)
    {
        foreach (var property in shape.Properties)
        {
            var setting = settings.GetSection(property.Name);
            if (property.Shape is SubtreeShape)
            {
                property.SetValue(section, setting);
            }
            else if (setting.Exists())
            {
                property.SetValue(section, BindValue(property.Shape, property.ReadValue(section), setting));
            }
            else if (property.IsNullable && IsSetToNull(settings, property.Name))
            {
                property.SetValue(section, null);
            }
        }
    }

    /// <summary>Only a JSON file can set a key to null. For a value that is never null, this counts as "not set".</summary>
    private static bool IsSetToNull(IConfiguration settings, string name) =>
        settings.GetChildren().Any(child => child.Key.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The items of a list or dictionary; one that is set to null counts as "not set".</summary>
    private static IEnumerable<IConfigurationSection> ListConfigured(IConfigurationSection setting) =>
        setting.GetChildren().Where(child => child.Exists());

    private static object? BindValue(OptionsShape shape, object? current, IConfigurationSection setting)
    {
        switch (shape)
        {
            case ScalarShape scalar:
                return setting.Value is { } text ? ConfigurationValue.ParseNormalized(text, scalar.ValueType) : current;
            case SubtreeShape:
                return setting;
            case ListShape list:
                // A configured list replaces its default.
                return list.CreateList(ListConfigured(setting).Select(item => BindValue(list.Item, current: null, item)));
            case DictionaryShape dictionary:
                var entries = current ?? dictionary.CreateDictionary();
                foreach (var entry in ListConfigured(setting))
                {
                    var value = BindValue(dictionary.Value, dictionary.FindEntry(entries, entry.Key), entry);
                    dictionary.SetEntry(entries, entry.Key, value);
                }

                return entries;
            case SectionShape section:
                var bound = current ?? section.CreateSection();
                BindSection(section, bound, setting);
                return bound;
            default:
                throw new NotSupportedException($"{setting.Path} has the unknown shape {shape.GetType().Name}.");
        }
    }
}
