using Lab.Containers.Local;

namespace Lab.Tests.Containers;

public sealed class ImageCatalogTests
{
    [Theory]
    [InlineData("agent", "agent")]
    [InlineData("agent:v1", "agent")]
    [InlineData("ghcr.io/someone/agent:v1", "agent")]
    [InlineData("localhost:5000/agent", "agent")]
    [InlineData("agent@sha256:0123", "agent")]
    public void An_image_is_known_by_its_last_name(string image, string name) => Assert.Equal(name, ImageCatalog.NameOf(image));

    [Fact]
    public void The_build_has_written_down_every_program_of_the_project()
    {
        var images = ImageCatalog.Load();

        Assert.Equal(["agent", "config-reloader", "log-tailer", "metrics-relay", "tls-proxy"], images.Names.Intersect(["agent", "config-reloader", "log-tailer", "metrics-relay", "tls-proxy"]));
        Assert.All(images.Names, name => Assert.Null(images.Refuse(new Lab.Objects.Container { Image = $"{name}:v1" })));
    }

    [Fact]
    public void An_image_that_cannot_be_run_here_is_refused_with_those_that_can()
    {
        var reason = new ImageCatalog(new Dictionary<string, string> { ["agent"] = "/x" }).Refuse(new Lab.Objects.Container { Image = "fluent/fluent-bit:latest" });

        Assert.Contains("image \"fluent/fluent-bit:latest\" cannot be run without a cluster: the lab knows agent", reason, StringComparison.Ordinal);
    }
}
