namespace Bench.Harness;

/// <summary>The commit that is measured.</summary>
internal static class GitCommit
{
    /// <summary>The commit's id, with a note if the working tree differs from it; <c>unknown</c> outside a Git repository.</summary>
    public static async Task<string> DescribeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var commit = await RunGitAsync(cancellationToken, "rev-parse", "--short=12", "HEAD");
            var changes = await RunGitAsync(
                cancellationToken, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/results");
            return changes.Length == 0 ? commit : commit + " with changes";
        }
        catch (Exception exception) when (exception is BenchException or System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }

    private static async Task<string> RunGitAsync(CancellationToken cancellationToken, params string[] arguments) =>
        string.Join('\n', await MeasuredProcess.RunToEndAsync("git", ["-C", Repository.Root, .. arguments], cancellationToken));
}
