using System.Text.Json;
using Microsoft.Extensions.Configuration.Json;

namespace Hosting.Configuration;

/// <summary>Reads settings from a JSON file, as it is mounted from a ConfigMap.</summary>
internal static class JsonFileReader
{
    public static void ReadFile(string file, SettingsBuilder settings)
    {
        try
        {
            var provider = new JsonStreamConfigurationProvider(new JsonStreamConfigurationSource());
            using var stream = File.OpenRead(file);
            provider.Load(stream);
            foreach (var (key, value) in provider.ListSettings())
            {
                settings.AddSetting(key, value, file);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            settings.Errors.Add(new("--config", file, $"cannot be read: {exception.Message} Check the mount and CONFIG_FILE."));
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException or JsonException)
        {
            var cause = exception.InnerException ?? exception;
            settings.Errors.Add(new("--config", file, $"is not a valid JSON configuration: {cause.Message}"));
        }
    }
}
