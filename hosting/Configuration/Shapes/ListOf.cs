namespace Hosting.Configuration.Shapes;

/// <summary>A list in a property of the type <see cref="List{T}"/> or of one of its interfaces.</summary>
/// <param name="item">The shape of each item.</param>
public sealed class ListOf<T>(OptionsShape item) : ListShape(item)
{
    /// <inheritdoc/>
    public override object CreateList(IEnumerable<object?> items) => items.Select(item => (T)item!).ToList();
}
