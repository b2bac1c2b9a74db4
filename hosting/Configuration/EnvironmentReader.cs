using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace Hosting.Configuration;

/// <summary>Reads settings from environment variables, whose names have <c>__</c> instead of the colon.</summary>
internal static class EnvironmentReader
{
    public static void ReadVariables(OptionsSchema schema, SettingsBuilder settings)
    {
        var provider = new EnvironmentVariablesConfigurationProvider();
        provider.Load();
        foreach (var (key, value) in provider.ListSettings())
        {
            if (schema.FindKey(key) is not null)
            {
                settings.AddSetting(key, value, "environment");
            }
            else if (key.Contains(':', StringComparison.Ordinal) && schema.HasSection(key[..key.IndexOf(':', StringComparison.Ordinal)]))
            {
                // Most variables belong to other programs, so an unknown one is no error. This one looks like a misspelled key.
                var variable = key.Replace(":", "__", StringComparison.Ordinal);
                settings.Warnings.Add(new(variable, null, schema.DescribeUnknown(key, "environment variable")));
            }
        }
    }
}
