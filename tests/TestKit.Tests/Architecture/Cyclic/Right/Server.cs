using TestKit.Tests.Architecture.Cyclic.Left;

namespace TestKit.Tests.Architecture.Cyclic.Right;

/// <summary>Uses the other folder in a method body only.</summary>
internal static class Server
{
    public static int CountCharacters() => Client.Name.Length;
}
