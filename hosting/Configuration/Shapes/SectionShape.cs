namespace Hosting.Configuration.Shapes;

/// <summary>A class whose properties are keys.</summary>
/// <param name="listProperties">Lists the properties. Called once, after the shapes of all sections exist.</param>
public abstract class SectionShape(Func<IReadOnlyList<OptionsProperty>> listProperties) : OptionsShape
{
    private readonly Lazy<IReadOnlyList<OptionsProperty>> _properties = new(listProperties);

    /// <summary>The properties in the order of declaration, those of base classes last.</summary>
    public IReadOnlyList<OptionsProperty> Properties => _properties.Value;

    /// <summary>Creates a section with its defaults.</summary>
    public abstract object CreateSection();
}
