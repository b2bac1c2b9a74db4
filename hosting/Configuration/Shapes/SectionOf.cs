namespace Hosting.Configuration.Shapes;

/// <summary>A section of one class.</summary>
/// <param name="create">Creates a section with its defaults.</param>
/// <param name="listProperties">Lists the properties.</param>
public sealed class SectionOf<T>(Func<T> create, Func<IReadOnlyList<OptionsProperty>> listProperties) : SectionShape(listProperties)
    where T : class
{
    /// <inheritdoc/>
    public override object CreateSection() => create();
}
