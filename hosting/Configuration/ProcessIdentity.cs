using System.Reflection;

namespace Hosting.Configuration;

/// <summary>The program's name and version.</summary>
/// <param name="Name">The name of its image, such as <c>log-tailer</c>.</param>
/// <param name="Version">The version, such as <c>1.0.0</c>.</param>
public sealed record ProcessIdentity(string Name, string Version)
{
    /// <summary>The prefix of its metrics, such as <c>log_tailer</c>.</summary>
    public string MetricPrefix => Name.Replace('-', '_');

    internal static ProcessIdentity FromAssembly(string name, Assembly assembly) => new(
        name,
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");
}
