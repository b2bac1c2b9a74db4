using System.Diagnostics;

namespace Lab.Containers.Local;

/// <summary>A container as a process of this machine, with its child processes in one process group.</summary>
internal sealed class LocalContainer : IContainerProcess
{
    private static readonly TimeSpan MaxDrainTime = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly ProcessStarter _starter;
    private readonly Lock _lock = new();
    private bool _exited;

    public LocalContainer(Process process, ProcessStarter starter, string name, IContainerOutput output)
    {
        _process = process;
        _starter = starter;
        process.StandardInput.Close();
        var readers = new[]
        {
            new LineReader(process.StandardOutput.BaseStream, name, isError: false, output),
            new LineReader(process.StandardError.BaseStream, name, isError: true, output),
        };
        Exit = WaitForExitAsync(readers);
    }

    public Task<int> Exit { get; }

    public int ProcessId => _process.Id;

    public void SendTerm() => SendSignal(Native.SigTerm, wholeGroup: false);

    public void SendKill() => SendSignal(Native.SigKill, wholeGroup: true);

    private async Task<int> WaitForExitAsync(LineReader[] readers)
    {
        await _process.WaitForExitAsync();

        // A container ends with its first process, so the remaining processes are killed.
        SendSignal(Native.SigKill, wholeGroup: true);
        lock (_lock)
        {
            _exited = true;
        }

        _starter.RemoveProcess(_process);

        // A child that left the process group may keep the pipes open indefinitely.
        await Task.WhenAny(Task.WhenAll(readers.Select(reader => reader.Completion)), Task.Delay(MaxDrainTime));
        var exitCode = _process.ExitCode;
        _process.Dispose();
        return exitCode;
    }

    private void SendSignal(int signal, bool wholeGroup)
    {
        lock (_lock)
        {
            // The process id may belong to another process by now.
            if (_exited)
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
                Native.SendSignal(-_process.Id, signal);
            }

            if (!_process.HasExited)
            {
                Native.SendSignal(_process.Id, signal);
            }
        }
    }
}
