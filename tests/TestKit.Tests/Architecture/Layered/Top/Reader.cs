using TestKit.Tests.Architecture.Layered.Bottom;

namespace TestKit.Tests.Architecture.Layered.Top;

/// <summary>Imports the folder at the bottom.</summary>
internal sealed class Reader
{
    public Position Position { get; } = new(1);

    /// <summary>Compiles to a switch instruction, whose operand has a variable length.</summary>
    public static Position FindPosition(int index)
    {
        switch (index)
        {
            case 0: return new Position(10);
            case 1: return new Position(21);
            case 2: return new Position(45);
            case 3: return new Position(77);
            default: return default;
        }
    }
}
