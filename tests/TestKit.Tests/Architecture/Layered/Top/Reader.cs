using TestKit.Tests.Architecture.Layered.Bottom;

namespace TestKit.Tests.Architecture.Layered.Top;

/// <summary>Imports the folder at the bottom.</summary>
internal sealed class Reader
{
    public Position Position { get; } = new(1);
}
