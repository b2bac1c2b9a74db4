namespace Containers.Tests;

/// <summary>
/// The images of the Dockerfile, built once for all tests. With <c>CONTAINER_TESTS_BUILD=false</c> the existing ones are used.
/// </summary>
internal static class Images
{
    public static readonly string[] Names = ["agent", "log-tailer", "metrics-relay", "tls-proxy", "config-reloader"];

    private static readonly Lazy<Task> Build = new(() => AreBuiltByTests
        ? Task.WhenAll(Names.Select(name => Task.Run(() => Docker.RunDocker("build", "--target", name, "--tag", GetTag(name), "."))))
        : Task.CompletedTask);

    /// <summary>Whether the tests build the images themselves.</summary>
    public static bool AreBuiltByTests => Environment.GetEnvironmentVariable("CONTAINER_TESTS_BUILD") != "false";

    /// <summary>The tag that the manifests and docker-compose.yml use.</summary>
    public static string GetTag(string name) => name + ":v1";

    /// <summary>Builds all images in parallel.</summary>
    public static Task BuildAllAsync() => Build.Value;
}
