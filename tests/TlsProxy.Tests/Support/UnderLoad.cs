namespace TlsProxy.Tests.Support;

/// <summary>Tests that load the machine: one after the other, and none beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class UnderLoad
{
    /// <summary>What a test class says to be of it.</summary>
    public const string Name = "load";

    /// <summary>A number out of the environment, for runs that are longer than everyday's.</summary>
    internal static int Setting(string name, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(name) is { Length: > 0 } set ? set : $"{otherwise}", System.Globalization.CultureInfo.InvariantCulture);
}
