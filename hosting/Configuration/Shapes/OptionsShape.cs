namespace Hosting.Configuration.Shapes;

/// <summary>
/// The form that a value has in the configuration. The generator creates one object of a derived class for each property of an
/// options class, so that options are bound, validated and listed without reflection.
/// </summary>
public abstract class OptionsShape
{
    private protected OptionsShape()
    {
    }
}
