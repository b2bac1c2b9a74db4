namespace Hosting.Configuration.Shapes;

/// <summary>An <see cref="IConfigurationSection"/>: any keys, which the options class does not know.</summary>
public sealed class SubtreeShape : OptionsShape;
