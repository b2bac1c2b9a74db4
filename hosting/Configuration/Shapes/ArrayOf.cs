namespace Hosting.Configuration.Shapes;

/// <summary>A list in a property whose type is an array.</summary>
/// <param name="item">The shape of each item.</param>
public sealed class ArrayOf<T>(OptionsShape item) : ListShape(item)
{
    /// <inheritdoc/>
    public override object CreateList(IEnumerable<object?> items) => items.Select(item => (T)item!).ToArray();
}
