using System.Text.Json;

namespace Containers.Tests;

[Collection(OnePodAtATime.Name)]
public sealed class ImageTests
{
    public static TheoryData<string> Names => [.. Images.Names];

    [PodTheory]
    [MemberData(nameof(Names))]
    public async Task It_builds_and_says_what_it_is(string image)
    {
        await Images.BuildAsync();

        var config = JsonDocument.Parse(Docker.Run("inspect", "--format", "{{json .Config}}", Images.Tag(image))).RootElement;
        var labels = config.GetProperty("Labels");
        Assert.Equal(image, labels.GetProperty("org.opencontainers.image.title").GetString());
        Assert.Equal("MIT", labels.GetProperty("org.opencontainers.image.licenses").GetString());
        Assert.NotEmpty(labels.GetProperty("org.opencontainers.image.description").GetString()!);
        Assert.Equal("1654:1654", config.GetProperty("User").GetString());
        Assert.Equal(image, config.GetProperty("Entrypoint")[0].GetString());
        Assert.Equal(["CMD", image, "healthcheck"], config.GetProperty("Healthcheck").GetProperty("Test").EnumerateArray().Select(t => t.GetString()));
    }

    [PodTheory]
    [MemberData(nameof(Names))]
    public async Task It_runs_with_nothing_but_itself(string image)
    {
        await Images.BuildAsync();

        string[] restricted = ["run", "--rm", "--read-only", "--cap-drop", "ALL", "--user", "1654", "--security-opt", "no-new-privileges", "--network", "none", "--memory", "96m"];
        Assert.Equal($"{image} 1.0.0", Docker.Run([.. restricted, Images.Tag(image), "--version"]).Trim());
        Assert.Contains("Management:Port", Docker.Run([.. restricted, Images.Tag(image), "--help"]), StringComparison.Ordinal);
    }
}
