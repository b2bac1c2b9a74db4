using Lab.Containers.Local;

namespace Lab.Tests.Containers;

public sealed class PathTranslationTests
{
    private static readonly PathTranslation Translation = new([("/var/log/agent", "/host/log"), ("/var/log", "/host/outer"), ("/etc/app/", "/host/app")]);

    [Theory]
    [InlineData("/var/log/agent", "/host/log")]
    [InlineData("/var/log/agent/requests*.log", "/host/log/requests*.log")]
    [InlineData("/var/log/other", "/host/outer/other")]
    [InlineData("--config=/etc/app/x.json", "--config=/host/app/x.json")]
    [InlineData("cat /etc/app/a >> /var/log/agent/b; ls", "cat /host/app/a >> /host/log/b; ls")]
    [InlineData("{\"path\":\"/etc/app/a\",\"url\":\"http://h/etc/app/a\"}", "{\"path\":\"/host/app/a\",\"url\":\"http://h/etc/app/a\"}")]
    [InlineData("PATHS=/etc/app:/var/log", "PATHS=/host/app:/host/outer")]
    [InlineData("/etc/application", "/etc/application")]
    [InlineData("/etc/app.d/x", "/etc/app.d/x")]
    [InlineData("/mnt/etc/app", "/mnt/etc/app")]
    [InlineData("/var/log/agent2", "/host/outer/agent2")]
    [InlineData("/", "/")]
    [InlineData("", "")]
    public void Mount_path_is_replaced_only_where_it_is_a_complete_path(string text, string expected) =>
        Assert.Equal(expected, Translation.TranslatePaths(text));
}
