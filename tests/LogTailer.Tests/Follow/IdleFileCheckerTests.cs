using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>Late lines in closed files.</summary>
public sealed class IdleFileCheckerTests
{
    [Fact]
    public void Closed_file_with_new_lines_is_opened()
    {
        using var follow = StartClosed();
        var checker = new IdleFileChecker(follow.Files, follow.Opener);
        follow.Directory.AppendToFile("app_1.log", "late\n");

        Assert.True(checker.CheckNextFiles());

        Assert.Equal(
            ["app_1.log"], follow.Files.Ordered.Where(file => file.Handle is not null).Select(file => Path.GetFileName(file.Path)));
    }

    [Fact]
    public void Path_that_has_become_another_file_requires_a_listing()
    {
        using var follow = StartClosed();
        var checker = new IdleFileChecker(follow.Files, follow.Opener);
        follow.Directory.RenameFile("app_1.log", "elsewhere");
        follow.Directory.AppendToFile("app_1.log", "new\n");

        Assert.False(checker.CheckNextFiles());
    }

    private static FollowFixture StartClosed()
    {
        var follow = new FollowFixture("app_*.log");
        follow.Directory.AppendToFile("app_1.log", "1\n");
        follow.Directory.AppendToFile("app_2.log", "2\n");
        follow.ScanFiles();
        follow.ReadFiles();
        follow.TakeLines();

        foreach (var file in follow.Files.Ordered)
        {
            file.CloseHandle();
        }

        return follow;
    }
}
