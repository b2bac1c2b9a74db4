using Xunit;

namespace TestKit;

/// <summary>
/// A test that needs programs besides the .NET SDK. It is skipped, with the reason, on a machine without them;
/// <c>.ci/run</c> installs all of them.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresFactAttribute : FactAttribute
{
    /// <summary>Names the programs, as they are called on the PATH.</summary>
    public RequiresFactAttribute(params string[] programs)
    {
        ArgumentNullException.ThrowIfNull(programs);
        var missing = programs.Where(program => !IsInstalled(program)).ToArray();
        if (missing.Length > 0)
        {
            Skip = $"requires {string.Join(", ", missing)}, not installed on this machine";
        }
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
            .Any(directory => directory.Length > 0 && File.Exists(Path.Combine(directory, program)));
}
