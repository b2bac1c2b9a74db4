namespace Containers.Tests;

/// <summary>The images of the Dockerfile, built once for all tests; with <c>CONTAINER_TESTS_BUILD=false</c> taken as they are.</summary>
internal static class Images
{
    public static readonly string[] Names = ["agent", "log-tailer", "metrics-relay", "tls-proxy", "config-reloader"];

    private static readonly Lazy<Task> Built = new(() => Environment.GetEnvironmentVariable("CONTAINER_TESTS_BUILD") == "false"
        ? Task.CompletedTask
        : Task.WhenAll(Names.Select(name => Task.Run(() => Docker.Run("build", "--target", name, "--tag", Tag(name), ".")))));

    /// <summary>The tag that manifests and compose ask for.</summary>
    public static string Tag(string name) => name + ":v1";

    /// <summary>Builds them, all at once.</summary>
    public static Task BuildAsync() => Built.Value;
}
