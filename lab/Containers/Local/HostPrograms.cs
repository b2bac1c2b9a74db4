namespace Lab.Containers.Local;

/// <summary>Finds programs on this machine.</summary>
internal static class HostPrograms
{
    /// <summary>The full path of a program, or null. A path that does not exist here is replaced by a search for the file name.</summary>
    public static string? FindProgram(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            if (File.Exists(program))
            {
                return Path.GetFullPath(program);
            }

            program = Path.GetFileName(program);
        }

        return program.Length == 0
            ? null
            : ListSearchPath().Select(directory => Path.Combine(directory, program)).FirstOrDefault(IsExecutable);
    }

    private static string[] ListSearchPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    private static bool IsExecutable(string file) =>
        File.Exists(file)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
