using System.Diagnostics;

namespace Lab.Containers.Local;

/// <summary>
/// A small shell process that reads from a pipe which process groups the lab has started. When the lab exits, for whatever reason, the
/// pipe is closed and the shell kills the remaining groups. The parent-death signal reaches only the first process of a container;
/// the reaper also reaches its children, and works on systems without that signal.
/// </summary>
internal sealed class ProcessGroupReaper : IDisposable
{
    private const string Script =
        """
        trap '' INT TERM HUP QUIT
        groups=
        while read -r what group; do
          case $what in
            add) groups="$groups $group" ;;
            forget)
              left=
              for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
              groups=$left ;;
          esac
        done
        for group in $groups; do kill -9 "-$group" 2>/dev/null; done
        """;

    private readonly Process? _process;

    public ProcessGroupReaper(ProcessStarter starter)
    {
        if (OperatingSystem.IsWindows() || HostPrograms.FindProgram("sh") is not { } shell)
        {
            return;
        }

        // Started without the parent-death signal: it must outlive the lab.
        var environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin" };
        var command = HostPrograms.FindProgram("setsid") is { } setsid
            ? new ContainerCommand(setsid, [shell, "-c", Script])
            : new ContainerCommand(shell, ["-c", Script]);
        _process = starter.StartUnwrappedAsync(command, environment, Path.GetTempPath()).GetAwaiter().GetResult();
    }

    public void AddGroup(int group) => WriteCommand($"add {group}");

    public void RemoveGroup(int group) => WriteCommand($"forget {group}");

    public void Dispose()
    {
        if (_process is not null)
        {
            try
            {
                _process.StandardInput.Close();
            }
            catch (IOException)
            {
                // The reaper has already exited.
            }

            _process.Dispose();
        }
    }

    private void WriteCommand(string line)
    {
        if (_process is null)
        {
            return;
        }

        lock (_process)
        {
            try
            {
                _process.StandardInput.Write(line + "\n");
                _process.StandardInput.Flush();
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The reaper was killed. The parent-death signal still works.
            }
        }
    }
}
