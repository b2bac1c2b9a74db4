namespace Hosting.Configuration.Shapes;

/// <summary>One value, such as a number, a text or a duration.</summary>
/// <param name="valueType">The type of the value, without <c>Nullable</c>.</param>
public sealed class ScalarShape(Type valueType) : OptionsShape
{
    /// <summary>The type of the value.</summary>
    public Type ValueType { get; } = valueType;
}
