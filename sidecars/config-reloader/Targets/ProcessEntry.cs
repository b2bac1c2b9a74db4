namespace ConfigReloader.Targets;

/// <summary>A process as <c>/proc</c> describes it.</summary>
/// <param name="Id">Its id in the process namespace of this container.</param>
/// <param name="ParentId">The id of its parent, 0 if the parent is outside the namespace.</param>
/// <param name="Name">The kernel's short name, at most 15 characters.</param>
/// <param name="CommandLine">Its arguments; the first is the program.</param>
/// <param name="UserId">Effective user.</param>
/// <param name="StartTicks">Start time in kernel ticks: distinguishes a process from a later one with the same id.</param>
/// <param name="Signals">Its signal masks, or null if the kernel does not show them.</param>
internal sealed record ProcessEntry(
    int Id, int ParentId, string Name, IReadOnlyList<string> CommandLine, int UserId, ulong StartTicks, SignalMasks? Signals)
{
    private const int KernelNameLength = 15;

    /// <summary>Programs whose first argument that is not an option names the actual program.</summary>
    private static readonly string[] Interpreters = ["dotnet", "python", "node", "java", "ruby", "perl", "sh", "bash", "dash", "ash"];

    /// <summary>For messages: <c>42 (nginx -g daemon off;)</c>.</summary>
    public override string ToString()
    {
        var command = CommandLine.Count > 0 ? string.Join(' ', CommandLine) : Name;
        return $"{Id} ({(command.Length > 60 ? command[..60] + "…" : command)})";
    }

    /// <summary>
    /// Whether the process has this name: the kernel's short name, the file name of the program, or, for an interpreter, the file
    /// name of the script or assembly (<c>dotnet /app/Agent.dll</c> is <c>Agent</c> and <c>Agent.dll</c>).
    /// </summary>
    public bool MatchesName(string name)
    {
        if (Name == name || (name.Length > KernelNameLength && Name == name[..KernelNameLength] && CommandLine.Count == 0))
        {
            return true;
        }

        if (CommandLine.Count == 0)
        {
            return false;
        }

        var program = GetFileName(CommandLine[0]);
        if (program == name)
        {
            return true;
        }

        return Interpreters.Any(interpreter => program.StartsWith(interpreter, StringComparison.Ordinal)) &&
            CommandLine.Skip(1).FirstOrDefault(argument => !argument.StartsWith('-')) is { } script &&
            (GetFileName(script) == name || GetFileName(script) == name + ".dll");
    }

    private static string GetFileName(string path) => path[(path.LastIndexOf('/') + 1)..];
}
