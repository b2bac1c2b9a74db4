using System.Diagnostics;

namespace Lab.Containers.Local;

/// <summary>
/// A small shell that reads from a pipe which process groups the lab has started. The pipe ends when the lab does, in whatever
/// way, and then it kills what is left. The parent-death signal reaches only the first process of a container; this reaches
/// the children too, and works where there is no such signal.
/// </summary>
internal sealed class Watcher : IDisposable
{
    private const string Script =
        """
        trap '' INT TERM HUP QUIT
        groups=
        while read -r what group; do
          case $what in
            watch) groups="$groups $group" ;;
            forget)
              left=
              for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
              groups=$left ;;
          esac
        done
        for group in $groups; do kill -9 "-$group" 2>/dev/null; done
        """;

    private readonly Process? _process;

    public Watcher(ProcessStarter starter)
    {
        if (OperatingSystem.IsWindows() || HostPrograms.Find("sh") is not { } shell)
        {
            return;
        }

        // Not with the lab's death signal: it has to live a moment longer than the lab.
        var environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin" };
        var command = HostPrograms.Find("setsid") is { } setsid ? new ContainerCommand(setsid, [shell, "-c", Script]) : new ContainerCommand(shell, ["-c", Script]);
        _process = starter.StartBareAsync(command, environment, Path.GetTempPath()).GetAwaiter().GetResult();
    }

    public void Watch(int group) => Tell($"watch {group}");

    public void Forget(int group) => Tell($"forget {group}");

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
                // It is gone already.
            }

            _process.Dispose();
        }
    }

    private void Tell(string line)
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
                // Someone killed the watcher: the parent-death signal is left.
            }
        }
    }
}
