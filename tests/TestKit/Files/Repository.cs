using System.Reflection;

namespace TestKit;

/// <summary>The working tree that the running tests were built in.</summary>
public static class Repository
{
    /// <summary>The absolute path of the directory with <c>Agent.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The build configuration of the running tests: <c>Debug</c> or <c>Release</c>.</summary>
    public static string Configuration { get; } =
        typeof(Repository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The absolute path of a file or directory in the working tree.</summary>
    public static string PathOf(string relativePath) => Path.Combine(Root, relativePath);

    /// <summary>Reads a text file in the working tree.</summary>
    public static string ReadText(string relativePath) => File.ReadAllText(PathOf(relativePath));

    /// <summary>The assembly that a project was built to, in the configuration of the running tests.</summary>
    /// <param name="project">The project's folder, such as <c>sidecars/log-tailer</c>.</param>
    /// <param name="assembly">The assembly's name without extension, such as <c>LogTailer</c>.</param>
    public static string FindAssembly(string project, string assembly) =>
        PathOf($"{project}/bin/{Configuration}/net{Environment.Version.Major}.0/{assembly}.dll");

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Agent.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException(
            $"No directory above {AppContext.BaseDirectory} contains Agent.sln. Run the tests from the working tree.");
    }
}
