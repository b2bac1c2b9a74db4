namespace TlsProxy.Tests.Support;

/// <summary>Tests that load the machine run alone, one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LoadTests
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "load";

    /// <summary>A number from the environment, for longer runs.</summary>
    internal static int ReadSetting(string name, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(name) is { Length: > 0 } set ? set : $"{otherwise}", System.Globalization.CultureInfo.InvariantCulture);
}
