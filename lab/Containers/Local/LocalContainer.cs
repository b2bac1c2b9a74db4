using System.Diagnostics;

namespace Lab.Containers.Local;

/// <summary>A container that is a process of this machine, with everything it starts in one process group.</summary>
internal sealed class LocalContainer : IContainerProcess
{
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly ProcessStarter _starter;
    private readonly Lock _lock = new();
    private bool _ended;

    public LocalContainer(Process process, ProcessStarter starter, string name, IContainerOutput output)
    {
        _process = process;
        _starter = starter;
        process.StandardInput.Close();
        var readers = new[]
        {
            new LineReader(process.StandardOutput.BaseStream, name, error: false, output),
            new LineReader(process.StandardError.BaseStream, name, error: true, output),
        };
        Exit = RunAsync(readers);
    }

    public Task<int> Exit { get; }

    public int ProcessId => _process.Id;

    public void Terminate() => Signal(Native.SigTerm, wholeGroup: false);

    public void Kill() => Signal(Native.SigKill, wholeGroup: true);

    private async Task<int> RunAsync(LineReader[] readers)
    {
        await _process.WaitForExitAsync();

        // A container ends with its first process: what that has left behind goes too.
        Signal(Native.SigKill, wholeGroup: true);
        lock (_lock)
        {
            _ended = true;
        }

        _starter.Forget(_process);

        // A child that left the group may hold the pipes open for ever.
        await Task.WhenAny(Task.WhenAll(readers.Select(reader => reader.Ended)), Task.Delay(LongestDrain));
        var exitCode = _process.ExitCode;
        _process.Dispose();
        return exitCode;
    }

    private void Signal(int signal, bool wholeGroup)
    {
        lock (_lock)
        {
            // Never to a number that may be someone else's by now.
            if (_ended)
            {
                return;
            }

            if (OperatingSystem.IsWindows())
            {
                _process.Kill(entireProcessTree: true);
                return;
            }

            if (wholeGroup)
            {
                Native.Signal(-_process.Id, signal);
            }

            if (!_process.HasExited)
            {
                Native.Signal(_process.Id, signal);
            }
        }
    }
}
