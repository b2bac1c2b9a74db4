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
    public void Image_name_has_no_registry_tag_or_digest(string image, string name) => Assert.Equal(name, ImageCatalog.GetImageName(image));

    [Fact]
    public void Catalog_of_the_build_contains_every_program_of_the_project()
    {
        var images = ImageCatalog.LoadCatalog();

        Assert.Equal(["agent", "config-reloader", "log-tailer", "metrics-relay", "tls-proxy"], images.Names.Intersect(["agent", "config-reloader", "log-tailer", "metrics-relay", "tls-proxy"]));
        Assert.All(images.Names, name => Assert.Null(images.ExplainRejection(new Lab.Objects.Container { Image = $"{name}:v1" })));
    }

    [Fact]
    public void Unknown_image_is_rejected_with_a_list_of_the_known_ones()
    {
        var reason = new ImageCatalog(new Dictionary<string, string> { ["agent"] = "/x" }).ExplainRejection(new Lab.Objects.Container { Image = "fluent/fluent-bit:latest" });

        Assert.Contains("image \"fluent/fluent-bit:latest\" cannot be run without a cluster: the lab runs agent", reason, StringComparison.Ordinal);
    }
}
