namespace Lab.Containers.Local;

/// <summary>Programs of this machine.</summary>
internal static class HostPrograms
{
    /// <summary>The full path of a program; one that is given by a path that this machine has not is looked for by its name.</summary>
    public static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            if (File.Exists(program))
            {
                return Path.GetFullPath(program);
            }

            program = Path.GetFileName(program);
        }

        return program.Length == 0 ? null : SearchPath().Select(directory => Path.Combine(directory, program)).FirstOrDefault(IsExecutable);
    }

    private static string[] SearchPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    private static bool IsExecutable(string file) =>
        File.Exists(file)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
