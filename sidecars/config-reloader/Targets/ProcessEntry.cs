namespace ConfigReloader.Targets;

/// <summary>What <c>/proc</c> tells of a process.</summary>
/// <param name="Id">Its id in the namespace that this process sees.</param>
/// <param name="ParentId">Its parent's, 0 where that is outside.</param>
/// <param name="Name">The kernel's short name, at most 15 characters.</param>
/// <param name="CommandLine">Its arguments; the first is the program.</param>
/// <param name="UserId">Effective user.</param>
/// <param name="StartTicks">When it started, in the kernel's ticks: tells a process from a later one with the same id.</param>
/// <param name="Signals">How it stands to signals, or null where the kernel does not say.</param>
internal sealed record ProcessEntry(
    int Id, int ParentId, string Name, IReadOnlyList<string> CommandLine, int UserId, ulong StartTicks, SignalMasks? Signals)
{
    private const int KernelNameLength = 15;

    /// <summary>Programs whose first plain argument is the program that people mean.</summary>
    private static readonly string[] Interpreters = ["dotnet", "python", "node", "java", "ruby", "perl", "sh", "bash", "dash", "ash"];

    /// <summary>For messages: <c>42 (nginx -g daemon off;)</c>.</summary>
    public override string ToString()
    {
        var command = CommandLine.Count > 0 ? string.Join(' ', CommandLine) : Name;
        return $"{Id} ({(command.Length > 60 ? command[..60] + "…" : command)})";
    }

    /// <summary>
    /// Whether people would call it so: the kernel's name, the program's file name, or of an interpreter the script's
    /// or assembly's file name (<c>dotnet /app/Agent.dll</c> is <c>Agent</c> and <c>Agent.dll</c>).
    /// </summary>
    public bool IsCalled(string name)
    {
        if (Name == name || (name.Length > KernelNameLength && Name == name[..KernelNameLength] && CommandLine.Count == 0))
        {
            return true;
        }

        if (CommandLine.Count == 0)
        {
            return false;
        }

        var program = FileName(CommandLine[0]);
        if (program == name)
        {
            return true;
        }

        return Interpreters.Any(interpreter => program.StartsWith(interpreter, StringComparison.Ordinal)) &&
            CommandLine.Skip(1).FirstOrDefault(argument => !argument.StartsWith('-')) is { } script &&
            (FileName(script) == name || FileName(script) == name + ".dll");
    }

    private static string FileName(string path) => path[(path.LastIndexOf('/') + 1)..];
}
