namespace Hosting.Configuration.Shapes;

/// <summary>A dictionary with values of one type.</summary>
/// <param name="value">The shape of each value.</param>
public sealed class DictionaryOf<T>(OptionsShape value) : DictionaryShape(value)
{
    /// <inheritdoc/>
    public override IEnumerable<(string Name, object? Value)> ListEntries(object dictionary) =>
        ((IDictionary<string, T>)dictionary).Select(entry => (entry.Key, (object?)entry.Value));

    /// <inheritdoc/>
    public override object CreateDictionary() => new Dictionary<string, T>();

    /// <inheritdoc/>
    public override object? FindEntry(object dictionary, string name) =>
        ((IDictionary<string, T>)dictionary).TryGetValue(name, out var value) ? value : null;

    /// <inheritdoc/>
    public override void SetEntry(object dictionary, string name, object? value) =>
        ((IDictionary<string, T>)dictionary)[name] = (T)value!;
}
