using TestKit.Tests.Architecture.Cyclic.Right;

namespace TestKit.Tests.Architecture.Cyclic.Left;

/// <summary>Uses the other folder in a method body only.</summary>
internal static class Client
{
    public static string Name => nameof(Client);

    public static int CallServer() => Server.CountCharacters();
}
