using System.Text.Json;

namespace Containers.Tests;

[Collection(OnePodAtATime.Name)]
public sealed class ImageTests
{
    public static TheoryData<string> Names => [.. Images.Names];

    [PodTheory]
    [MemberData(nameof(Names))]
    public async Task Built_image_has_labels_a_numeric_user_and_a_health_check(string image)
    {
        await Images.BuildAllAsync();

        var config = JsonDocument.Parse(Docker.RunDocker("inspect", "--format", "{{json .Config}}", Images.GetTag(image))).RootElement;
        var labels = config.GetProperty("Labels");
        Assert.Equal(image, labels.GetProperty("org.opencontainers.image.title").GetString());
        Assert.Equal("MIT", labels.GetProperty("org.opencontainers.image.licenses").GetString());
        Assert.NotEmpty(labels.GetProperty("org.opencontainers.image.description").GetString()!);
        Assert.Equal("1654:1654", config.GetProperty("User").GetString());
        Assert.Equal(image, config.GetProperty("Entrypoint")[0].GetString());
        var healthCheck = config.GetProperty("Healthcheck").GetProperty("Test").EnumerateArray();
        Assert.Equal(["CMD", image, "healthcheck"], healthCheck.Select(argument => argument.GetString()));
    }

    [PodTheory]
    [MemberData(nameof(Names))]
    public async Task Image_runs_without_capabilities_network_or_a_writable_root(string image)
    {
        await Images.BuildAllAsync();

        string[] restrictions =
        [
            "--read-only", "--cap-drop", "ALL", "--user", "1654", "--security-opt", "no-new-privileges",
            "--network", "none", "--memory", "96m",
        ];
        string[] command = ["run", "--rm", .. restrictions, Images.GetTag(image)];
        Assert.Equal($"{image} 1.0.0", Docker.RunDocker([.. command, "--version"]).Trim());
        Assert.Contains("Management:Port", Docker.RunDocker([.. command, "--help"]), StringComparison.Ordinal);
    }
}
