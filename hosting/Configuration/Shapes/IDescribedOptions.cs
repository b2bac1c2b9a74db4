namespace Hosting.Configuration.Shapes;

/// <summary>An options class whose shape is generated at build time. The class must be partial; the generator adds the rest.</summary>
public interface IDescribedOptions
{
    /// <summary>The shape of the class.</summary>
    static abstract SectionShape Shape { get; }
}
