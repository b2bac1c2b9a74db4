using Xunit;

namespace TestKit;

/// <summary>
/// A test that needs a program beside the .NET SDK: skipped, with the reason, where the program is missing.
/// <c>.ci/run</c> installs them all, so there none is skipped.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresFactAttribute : FactAttribute
{
    /// <summary>Names the programs, as they are called on the path.</summary>
    public RequiresFactAttribute(params string[] programs)
    {
        ArgumentNullException.ThrowIfNull(programs);
        var missing = programs.Where(p => !IsThere(p)).ToArray();
        if (missing.Length > 0)
        {
            Skip = $"needs {string.Join(", ", missing)}, which this machine does not have";
        }
    }

    private static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
            .Any(directory => directory.Length > 0 && File.Exists(Path.Combine(directory, program)));
}
