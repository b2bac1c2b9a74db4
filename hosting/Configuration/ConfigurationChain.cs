using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace Hosting.Configuration;

/// <summary>
/// The one way to configure a process: the options class's defaults, a JSON file (<c>--config FILE</c> or
/// <c>CONFIG_FILE</c>), environment variables (<c>SINK__URL</c>), flags (<c>--Sink:Url=…</c>); each beats the one before.
/// </summary>
internal sealed class ConfigurationChain<TOptions>(IReadOnlyList<string> flags)
    where TOptions : ContainerOptions, new()
{
    /// <summary>What the .NET host itself may be given; not ours, and not an error.</summary>
    private static readonly string[] HostKeys = ["environment", "contentRoot", "applicationName"];

    private static readonly Dictionary<string, string?> Defaults = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:System"] = "Warning",
        ["Logging:LogLevel:Yarp"] = "Warning",
    };

    public static OptionsSchema Schema { get; } = new(typeof(TOptions));

    /// <summary>Reads everything anew.</summary>
    /// <exception cref="ConfigurationException">It is refused; holds everything that is wrong.</exception>
    public ConfigurationSnapshot<TOptions> Load()
    {
        var values = new Dictionary<string, string?>(Defaults, StringComparer.OrdinalIgnoreCase);
        var errors = new List<ConfigurationError>();
        var warnings = new List<ConfigurationError>();

        var flagValues = ReadFlags(errors, out var file);
        file ??= Environment.GetEnvironmentVariable("CONFIG_FILE");
        if (!string.IsNullOrEmpty(file))
        {
            ReadFile(file, values, errors);
        }

        ReadEnvironment(values, errors, warnings);
        foreach (var (key, value) in flagValues)
        {
            Set(values, key, value, "flag", errors);
        }

        // What could not be read is left out, so that the rules on all the rest are still checked: every error at once.
        var options = new TOptions();
        EmptyConfiguredLists(options, "", values);
        new ConfigurationBuilder().AddInMemoryCollection(values).Build().Bind(options);
        var broken = new List<ConfigurationError>();
        Validate(options, "", broken);
        errors.AddRange(broken.Where(b => !errors.Exists(e => e.Key.Equals(b.Key, StringComparison.OrdinalIgnoreCase))));
        if (errors.Count > 0)
        {
            throw Refuse(errors);
        }

        return new ConfigurationSnapshot<TOptions>(options, values, file, warnings);
    }

    private static ConfigurationException Refuse(List<ConfigurationError> errors) =>
        new([.. errors.Select(e => e.Value is not null && Secrets.IsSecret(e.Key, Schema.Find(e.Key)?.Secret ?? false) ? e with { Value = Secrets.Mask } : e)]);

    private List<(string Key, string Value)> ReadFlags(List<ConfigurationError> errors, out string? file)
    {
        var values = new List<(string, string)>();
        file = null;
        for (var i = 0; i < flags.Count; i++)
        {
            var flag = flags[i];
            if (!flag.StartsWith("--", StringComparison.Ordinal))
            {
                errors.Add(new(flag, null, "not understood. Flags look like --Key=value; --help lists them."));
                continue;
            }

            var equals = flag.IndexOf('=', StringComparison.Ordinal);
            var key = (equals < 0 ? flag[2..] : flag[2..equals]).Replace("__", ":", StringComparison.Ordinal);
            var isConfig = key.Equals("config", StringComparison.OrdinalIgnoreCase);
            var node = Schema.Find(key);
            string? value = null;
            if (equals >= 0)
            {
                value = flag[(equals + 1)..];
            }
            else if (i + 1 < flags.Count && !flags[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = flags[++i];
            }
            else if (node?.LeafType == typeof(bool))
            {
                value = "true";
            }

            // WebApplicationFactory passes a setting on with an empty flag for each section that it is in.
            if (HostKeys.Contains(key, StringComparer.OrdinalIgnoreCase) || (value is "" && Schema.HasSection(key)))
            {
                continue;
            }

            if (value is null)
            {
                errors.Add(new("--" + key, null, "has no value. Write it as --Key=value."));
            }
            else if (isConfig)
            {
                file = value;
            }
            else if (node is null)
            {
                errors.Add(new("--" + key, null, Unknown(key, "flag")));
            }
            else if (Secrets.IsSecret(key, node.Secret) && !key.EndsWith("File", StringComparison.OrdinalIgnoreCase))
            {
                errors.Add(new(key, Secrets.Mask, $"a secret is not taken as a flag, which every user of the machine can read. Set {key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()} in the environment, or use a file."));
            }
            else
            {
                values.Add((key, value));
            }
        }

        return values;
    }

    private static void ReadFile(string file, Dictionary<string, string?> values, List<ConfigurationError> errors)
    {
        try
        {
            var provider = new JsonStreamConfigurationProvider(new JsonStreamConfigurationSource());
            using var stream = File.OpenRead(file);
            provider.Load(stream);
            foreach (var (key, value) in Flatten(provider))
            {
                Set(values, key, value, file, errors);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(new("--config", file, $"cannot be read: {e.Message} Check the mount and CONFIG_FILE."));
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or System.Text.Json.JsonException)
        {
            errors.Add(new("--config", file, $"is not the JSON of a configuration: {(e.InnerException ?? e).Message}"));
        }
    }

    private static void ReadEnvironment(Dictionary<string, string?> values, List<ConfigurationError> errors, List<ConfigurationError> warnings)
    {
        var provider = new EnvironmentVariablesConfigurationProvider();
        provider.Load();
        foreach (var (key, value) in Flatten(provider))
        {
            if (Schema.Find(key) is not null)
            {
                Set(values, key, value, "environment", errors);
            }
            else if (key.Contains(':', StringComparison.Ordinal) && Schema.HasSection(key[..key.IndexOf(':', StringComparison.Ordinal)]))
            {
                // The environment holds much that is not ours, so this is no error; but it looks like a typo of ours.
                warnings.Add(new(key.Replace(":", "__", StringComparison.Ordinal), null, Unknown(key, "environment variable")));
            }
        }
    }

    private static void Set(Dictionary<string, string?> values, string key, string? value, string source, List<ConfigurationError> errors)
    {
        var node = Schema.Find(key);
        if (node is null)
        {
            errors.Add(new(key, null, Unknown(key, "key") + $" (in {source})"));
            return;
        }

        var isWholeList = node.Kind == OptionsSchema.Kind.List && key.Split(':').Length == node.Segments.Length;
        if (isWholeList)
        {
            RemoveItems(values, key);
            var items = (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            for (var i = 0; i < items.Length; i++)
            {
                Set(values, $"{key}:{i}", items[i], source, errors);
            }

            return;
        }

        if (node.Kind == OptionsSchema.Kind.Subtree || value is null)
        {
            values[key] = value;
            return;
        }

        if (value.Length == 0 && node.LeafType != typeof(string))
        {
            // An empty value means "as if it were not set here", which is what an optional key of a template becomes.
            return;
        }

        var (normal, error) = ConfigurationValue.Normalize(key, value, node.LeafType);
        if (error is not null)
        {
            errors.Add(new(key, value, $"{error} (in {source})"));
            return;
        }

        values[key] = normal;
    }

    private static void RemoveItems(Dictionary<string, string?> values, string key)
    {
        foreach (var item in values.Keys.Where(k => k.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            values.Remove(item);
        }
    }

    /// <summary>A list that is configured replaces its default; the binder alone would append to it.</summary>
    private static void EmptyConfiguredLists(object options, string path, Dictionary<string, string?> values)
    {
        foreach (var property in OptionsSchema.Properties(options.GetType()))
        {
            var key = path + OptionsSchema.KeyName(property);
            var value = property.GetValue(options);
            if (OptionsSchema.ElementType(property.PropertyType) is { } element)
            {
                if (values.Keys.Any(k => k.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)))
                {
                    property.SetValue(options, property.PropertyType.IsArray ? Array.CreateInstance(element, 0) : Activator.CreateInstance(typeof(List<>).MakeGenericType(element)));
                }
            }
            else if (value is not (null or string or System.Collections.IEnumerable or IConfigurationSection) && !ConfigurationValue.IsLeaf(value.GetType()))
            {
                EmptyConfiguredLists(value, key + ":", values);
            }
        }
    }

    private static string Unknown(string key, string sort) =>
        Schema.Nearest(key) is { } near ? $"unknown {sort}. Did you mean {near}?" : $"unknown {sort}. --help lists what there is.";

    private static IEnumerable<(string Key, string? Value)> Flatten(ConfigurationProvider provider)
    {
        var pending = new Stack<string?>([null]);
        while (pending.TryPop(out var parent))
        {
            foreach (var child in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                var key = parent is null ? child : $"{parent}:{child}";
                if (provider.TryGet(key, out var value) && (value is not null || !provider.GetChildKeys([], key).Any()))
                {
                    yield return (key, value);
                }

                pending.Push(key);
            }
        }
    }

    /// <summary>The rules that stand on the options classes: attributes, and <see cref="IValidatable"/> across keys.</summary>
    private static void Validate(object options, string path, List<ConfigurationError> errors)
    {
        foreach (var property in OptionsSchema.Properties(options.GetType()))
        {
            var key = path + OptionsSchema.KeyName(property);
            var value = property.GetValue(options);
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>(inherit: true))
            {
                if (rule.GetValidationResult(value, new ValidationContext(options) { MemberName = property.Name, DisplayName = key }) is { } failed)
                {
                    errors.Add(new(key, Shown(value), Remedy(rule, key, failed.ErrorMessage)));
                }
            }

            switch (value)
            {
                case null or IConfigurationSection or string:
                    break;
                case System.Collections.IDictionary entries:
                    foreach (System.Collections.DictionaryEntry entry in entries)
                    {
                        if (entry.Value is { } item && !ConfigurationValue.IsLeaf(item.GetType()))
                        {
                            Validate(item, $"{key}:{entry.Key}:", errors);
                        }
                    }

                    break;
                case System.Collections.IList items:
                    for (var i = 0; i < items.Count; i++)
                    {
                        if (items[i] is { } item && !ConfigurationValue.IsLeaf(item.GetType()))
                        {
                            Validate(item, $"{key}:{i}:", errors);
                        }
                    }

                    break;
                default:
                    if (!ConfigurationValue.IsLeaf(value.GetType()))
                    {
                        Validate(value, key + ":", errors);
                    }

                    break;
            }
        }

        if (options is IValidatable validatable)
        {
            errors.AddRange(validatable.Validate(path));
        }
    }

    private static string? Shown(object? value) => value switch
    {
        null or "" => null,
        System.Collections.IEnumerable and not string => null,
        _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture),
    };

    private static string Remedy(ValidationAttribute rule, string key, string? message) => rule switch
    {
        _ when rule.ErrorMessage is { } own => own,
        RequiredAttribute => $"is required. Set {key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()} in the environment, \"{key}\" in the file, or --{key}=…",
        RangeAttribute range => $"must be from {range.Minimum} to {range.Maximum}.",
        AllowedValuesAttribute allowed => $"must be one of {string.Join(", ", allowed.Values)}.",
        _ => message ?? "is not valid.",
    };
}
