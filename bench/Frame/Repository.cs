using System.Diagnostics;

namespace Bench.Frame;

/// <summary>The working tree that is measured.</summary>
internal sealed class Repository(string root)
{
    public string Root { get; } = root;

    public string this[string path] => Path.Combine(Root, path);

    /// <summary>Finds the tree that this program was built in.</summary>
    /// <exception cref="InvalidOperationException">The program was moved out of it.</exception>
    public static Repository Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Agent.sln")))
            {
                return new Repository(directory.FullName);
            }
        }

        throw new InvalidOperationException($"no Agent.sln above {AppContext.BaseDirectory}");
    }

    /// <summary>The commit, with a mark if the tree differs from it.</summary>
    public string Commit()
    {
        var commit = Git("rev-parse", "--short=12", "HEAD");
        return commit is null ? "unknown" : commit + (string.IsNullOrEmpty(Git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/results")) ? "" : " with changes");
    }

    private string? Git(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", ["-C", Root, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var git = Process.Start(start)!;
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? output.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
