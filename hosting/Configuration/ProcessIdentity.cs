using System.Reflection;

namespace Hosting.Configuration;

/// <summary>Which program this is.</summary>
/// <param name="Name">Its name as in the image, such as <c>log-tailer</c>.</param>
/// <param name="Version">Its version, such as <c>1.0.0</c>.</param>
public sealed record ProcessIdentity(string Name, string Version)
{
    /// <summary>The prefix of its metrics, such as <c>log_tailer</c>; also the name of its meter.</summary>
    public string MetricPrefix => Name.Replace('-', '_');

    internal static ProcessIdentity Of(string name, Assembly assembly) => new(
        name,
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");
}
