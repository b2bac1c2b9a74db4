namespace Hosting.Configuration;

/// <summary>Reads a .NET configuration provider as a flat list.</summary>
internal static class ConfigurationProviderExtensions
{
    /// <summary>Every key that has a value, and every empty one.</summary>
    public static IEnumerable<(string Key, string? Value)> ListSettings(this ConfigurationProvider provider)
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
}
