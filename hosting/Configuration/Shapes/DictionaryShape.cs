namespace Hosting.Configuration.Shapes;

/// <summary>Values or sections by name.</summary>
/// <param name="value">The shape of each value.</param>
public abstract class DictionaryShape(OptionsShape value) : OptionsShape
{
    /// <summary>The shape of each value.</summary>
    public OptionsShape Value { get; } = value;

    /// <summary>The names and values of a dictionary.</summary>
    public abstract IEnumerable<(string Name, object? Value)> ListEntries(object dictionary);

    /// <summary>Creates an empty dictionary.</summary>
    public abstract object CreateDictionary();

    /// <summary>The value of a name, or null if there is none.</summary>
    public abstract object? FindEntry(object dictionary, string name);

    /// <summary>Sets the value of a name.</summary>
    public abstract void SetEntry(object dictionary, string name, object? value);
}
