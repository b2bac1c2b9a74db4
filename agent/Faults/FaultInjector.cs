namespace Agent.Faults;

/// <summary>Injects the configured faults into inferences.</summary>
internal sealed partial class FaultInjector(FaultOptions options, TimeProvider time, ILogger<FaultInjector> logger) : IReadinessCheck
{
    /// <summary>The exit code that a shell reports for an aborted process: 128 + SIGABRT.</summary>
    private const int CrashExitCode = 134;

    private readonly List<byte[]> _retained = [];
    private long _retainedBytes;
    private volatile FaultOptions _faults = options;

    /// <summary>Whether any fault may be injected.</summary>
    public bool IsEnabled => _faults.Enabled;

    public string? NotReadyBecause => _faults is { Enabled: true, NotReady: true } ? "Faults:NotReady is set" : null;

    /// <remarks>The swap releases the retained memory if the new options do not grow it.</remarks>
    public Action PrepareReload(FaultOptions next) => () =>
    {
        _faults = next;
        if (!next.Enabled || next.MemoryGrowthBytes == 0)
        {
            ReleaseMemory();
        }
    };

    /// <summary>Call it with every inference, after the inference was admitted to the model.</summary>
    /// <exception cref="InjectedFaultException">This inference fails by <see cref="FaultOptions.ErrorShare"/>.</exception>
    /// <exception cref="OperationCanceledException">The request timed out or its client disconnected.</exception>
    public ValueTask InjectFaultsAsync(CancellationToken cancellationToken)
    {
        var faults = _faults;
        return faults.Enabled ? InjectFaultsAsync(faults, cancellationToken) : ValueTask.CompletedTask;
    }

    private async ValueTask InjectFaultsAsync(FaultOptions faults, CancellationToken cancellationToken)
    {
        if (faults.Crash)
        {
            Log.InjectingCrash(logger);
            Environment.Exit(CrashExitCode);
        }

        if (faults.MemoryGrowthBytes > 0)
        {
            RetainMemory(faults);
        }

        var delay = faults.Hang ? Timeout.InfiniteTimeSpan : faults.Latency;
        if (delay != TimeSpan.Zero)
        {
            await Task.Delay(delay, time, cancellationToken);
        }

        if (faults.ErrorShare > 0 && Random.Shared.NextDouble() < faults.ErrorShare)
        {
            throw new InjectedFaultException();
        }
    }

    private void RetainMemory(FaultOptions faults)
    {
        lock (_retained)
        {
            if (_retainedBytes + faults.MemoryGrowthBytes <= faults.MaxMemoryBytes)
            {
                // Filled, because memory that was never written is reserved but not resident.
                var bytes = GC.AllocateUninitializedArray<byte>(faults.MemoryGrowthBytes);
                bytes.AsSpan().Fill(1);
                _retained.Add(bytes);
                _retainedBytes += bytes.Length;
            }
        }
    }

    private void ReleaseMemory()
    {
        lock (_retained)
        {
            _retained.Clear();
            _retainedBytes = 0;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Critical, "Injecting crash (Faults:Crash): exiting immediately")]
        public static partial void InjectingCrash(ILogger logger);
    }
}
