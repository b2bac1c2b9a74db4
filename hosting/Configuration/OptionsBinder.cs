using System.Collections;

namespace Hosting.Configuration;

/// <summary>Binds settings to an options object.</summary>
internal static class OptionsBinder
{
    public static TOptions BindOptions<TOptions>(IReadOnlyDictionary<string, string?> values)
        where TOptions : new()
    {
        var options = new TOptions();
        ClearConfiguredLists(options, "", values);
        new ConfigurationBuilder().AddInMemoryCollection(values).Build().Bind(options);
        return options;
    }

    /// <summary>A configured list replaces its default; the binder alone would append to it.</summary>
    private static void ClearConfiguredLists(object options, string path, IReadOnlyDictionary<string, string?> values)
    {
        foreach (var property in OptionsSchema.ListProperties(options.GetType()))
        {
            var key = path + OptionsSchema.ReadKeyName(property);
            var value = property.GetValue(options);
            if (OptionsSchema.FindElementType(property.PropertyType) is { } element)
            {
                if (values.Keys.Any(configured => configured.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)))
                {
                    property.SetValue(options, CreateEmptyList(property.PropertyType, element));
                }
            }
            else if (value is not (null or string or IEnumerable or IConfigurationSection)
                && !ConfigurationValue.IsScalarType(value.GetType()))
            {
                ClearConfiguredLists(value, key + ":", values);
            }
        }
    }

    private static object? CreateEmptyList(Type listType, Type element) =>
        listType.IsArray ? Array.CreateInstance(element, 0) : Activator.CreateInstance(typeof(List<>).MakeGenericType(element));
}
