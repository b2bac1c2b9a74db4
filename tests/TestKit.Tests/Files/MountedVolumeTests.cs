namespace TestKit.Tests.Files;

public sealed class MountedVolumeTests
{
    [Fact]
    public void Update_replaces_the_data_link_and_removes_the_old_version()
    {
        using var volume = new MountedVolume(new Dictionary<string, string> { ["a"] = "1", ["b"] = "1" });
        var oldVersion = new FileInfo(volume["..data"]).LinkTarget!;

        volume.ReplaceFiles(("a", "2"), ("nested/c", "2"));

        Assert.Equal("..data/a", new FileInfo(volume["a"]).LinkTarget);
        Assert.Equal("2", File.ReadAllText(volume["a"]));
        Assert.Equal("2", File.ReadAllText(volume["nested/c"]));
        Assert.False(Path.Exists(volume["b"]));
        Assert.False(Path.Exists(volume[oldVersion]));
    }
}
