using Hosting.Configuration;

namespace Hosting.Verbs;

/// <summary>The text that <c>--help</c> prints: the verbs, and every configuration key with its default and its description.</summary>
internal static class HelpText
{
    private const int DescriptionIndent = 6;
    private const int LineWidth = 120;

    public static void WriteHelp(
        TextWriter output, ProcessIdentity process, IEnumerable<CustomVerb> verbs, OptionsSchema schema, ContainerOptions defaults)
    {
        var name = process.Name;
        output.WriteLine($"{name} {process.Version}");
        output.WriteLine();
        output.WriteLine($"  {name} [--config FILE] [--Key=value …]   runs until SIGTERM");
        output.WriteLine($"  {name} check [flags]                     checks the configuration and the environment; exits with 0 or 1");
        output.WriteLine($"  {name} healthcheck                       requests /readyz of the running process; exits with 0 or 1");
        foreach (var verb in verbs)
        {
            output.WriteLine($"  {name} {verb.Usage}");
        }

        output.WriteLine();
        output.WriteLine("Keys, with their defaults. In the JSON file, nest at the colon; in the environment, write __ instead of it.");
        var values = EffectiveOptions
            .ListValues(schema.Options, defaults)
            .ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.OrdinalIgnoreCase);
        foreach (var key in schema.Keys)
        {
            var value = key.IsSecret ? null : values.GetValueOrDefault(key.Name);
            output.WriteLine($"  {key.Name,-36} {(string.IsNullOrEmpty(value) ? $"({key.ValueType.Name.ToLowerInvariant()})" : value)}");
            WriteDescription(output, key.Description);
        }
    }

    private static void WriteDescription(TextWriter output, string description)
    {
        var width = 0;
        foreach (var word in description.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (width > 0 && width + 1 + word.Length > LineWidth)
            {
                output.WriteLine();
                width = 0;
            }

            output.Write(width == 0 ? new string(' ', DescriptionIndent) : " ");
            output.Write(word);
            width += (width == 0 ? DescriptionIndent : 1) + word.Length;
        }

        if (width > 0)
        {
            output.WriteLine();
        }
    }
}
