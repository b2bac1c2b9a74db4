using System.Runtime.InteropServices;

namespace ConfigReloader.Targets;

/// <summary>
/// Notifies the application by a signal, across the Pod's shared process namespace. Checks first that the process handles the
/// signal: without a handler, most signals would terminate it.
/// </summary>
internal sealed partial class SignalTarget(ReloadSignal signal, ProcessFinder finder, ProcessTable processes) : ITarget
{
    private const int NotPermitted = 1;
    private const int NoSuchProcess = 3;

    public string Description => $"{signal.Name} to {finder.Description}";

    public Task<DeliveryResult> DeliverChangeAsync(CancellationToken cancellationToken)
    {
        var process = FindReceiver(out var failure);
        if (process is null || failure is not null)
        {
            return Task.FromResult(failure ?? DeliveryResult.Failed($"no process for {Description}", ProcessFinder.ShareNamespaceRemedy));
        }

        if (processes.FindProcess(process.Id)?.StartTicks != process.StartTicks)
        {
            return Task.FromResult(DeliveryResult.Failed($"process {process} has just exited", "Retrying automatically."));
        }

        return Task.FromResult(SendSignal(process.Id, signal.Number) == 0
            ? DeliveryResult.Delivered($"{signal.Name} sent to process {process}")
            : DescribeSendError(process, Marshal.GetLastPInvokeError()));
    }

    public Task<DeliveryResult?> CheckReachabilityAsync(CancellationToken cancellationToken)
    {
        // Signal 0 is not delivered: the kernel only checks whether the process exists and may be signaled.
        var process = FindReceiver(out var failure);
        if (process is not null && failure is null && SendSignal(process.Id, 0) != 0)
        {
            failure = DescribeSendError(process, Marshal.GetLastPInvokeError());
        }

        return Task.FromResult(failure);
    }

    private ProcessEntry? FindReceiver(out DeliveryResult? failure)
    {
        var process = finder.FindProcess(out failure);
        if (process is null || failure is not null)
        {
            return null;
        }

        failure = process.Signals switch
        {
            { } masks when masks.IgnoresSignal(signal) => DeliveryResult.Failed(
                $"process {process} ignores {signal.Name}, so the signal would have no effect",
                "Start it without nohup or trap '', or set Target:Signal to the reload signal in its documentation."),
            { } masks when !masks.HandlesSignal(signal) && !signal.IsTermination => DeliveryResult.Failed(
                $"process {process} has no handler for {signal.Name}: the signal would terminate it",
                "Retrying automatically, because the process may still be starting. If it never handles this signal, set Target:Signal to "
                    + "the reload signal in its documentation."),
            _ => null,
        };
        return process;
    }

    private DeliveryResult DescribeSendError(ProcessEntry process, int error) => error switch
    {
        NotPermitted => DeliveryResult.Failed(
            $"not permitted to send {signal.Name} to process {process}, which runs as user {process.UserId}",
            "Run both containers as the same user (securityContext.runAsUser), or give this one the capability KILL."),
        NoSuchProcess => DeliveryResult.Failed($"process {process} has just exited", "Retrying automatically."),
        _ => DeliveryResult.Failed(
            $"sending {signal.Name} to process {process} failed: {Marshal.GetPInvokeErrorMessage(error)}",
            "Retrying automatically."),
    };

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signalNumber);
}
