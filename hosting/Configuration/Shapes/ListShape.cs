using System.Collections;

namespace Hosting.Configuration.Shapes;

/// <summary>A list of values or of sections.</summary>
/// <param name="item">The shape of each item.</param>
public abstract class ListShape(OptionsShape item) : OptionsShape
{
    /// <summary>The shape of each item.</summary>
    public OptionsShape Item { get; } = item;

    /// <summary>The items of a list.</summary>
    public static IEnumerable<object?> ListItems(object list) => ((IEnumerable)list).Cast<object?>();

    /// <summary>Creates a list of the property's own type.</summary>
    public abstract object CreateList(IEnumerable<object?> items);
}
