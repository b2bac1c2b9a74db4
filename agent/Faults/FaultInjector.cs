namespace Agent.Faults;

/// <summary>Makes the trouble that is asked for. Asked by every inference, in its turn at the model.</summary>
internal sealed partial class FaultInjector(AgentOptions options, TimeProvider time, ILogger<FaultInjector> logger)
    : IReloadParticipant<AgentOptions>, IReadinessCheck
{
    /// <summary>What an aborted process exits with under a shell: 128 + SIGABRT.</summary>
    private const int CrashExitCode = 134;

    private readonly List<byte[]> _kept = [];
    private long _keptBytes;
    private volatile FaultOptions _faults = options.Faults;

    public IReadOnlyCollection<string> Keys { get; } = ["Faults"];

    /// <summary>Whether there is any trouble to make.</summary>
    public bool Enabled => _faults.Enabled;

    public string? NotReadyBecause => _faults is { Enabled: true, NotReady: true } ? "told to by Faults:NotReady" : null;

    /// <remarks>Memory that was kept is given back when none is asked for any more.</remarks>
    public ValueTask<Action> PrepareAsync(AgentOptions next, CancellationToken cancellationToken) => ValueTask.FromResult(() =>
    {
        _faults = next.Faults;
        if (!next.Faults.Enabled || next.Faults.MemoryGrowthBytes == 0)
        {
            lock (_kept)
            {
                _kept.Clear();
                _keptBytes = 0;
            }
        }
    });

    /// <exception cref="InjectedFaultException">This one fails.</exception>
    /// <exception cref="OperationCanceledException">Its time is over, or its client gone.</exception>
    public ValueTask BeforeInferenceAsync(CancellationToken cancellationToken)
    {
        var faults = _faults;
        return faults.Enabled ? MakeTroubleAsync(faults, cancellationToken) : ValueTask.CompletedTask;
    }

    private async ValueTask MakeTroubleAsync(FaultOptions faults, CancellationToken cancellationToken)
    {
        if (faults.Crash)
        {
            Log.Crashing(logger);
            Environment.Exit(CrashExitCode);
        }

        if (faults.MemoryGrowthBytes > 0)
        {
            Keep(faults);
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

    private void Keep(FaultOptions faults)
    {
        lock (_kept)
        {
            if (_keptBytes + faults.MemoryGrowthBytes <= faults.MaxMemoryBytes)
            {
                // Written to, so that it is resident and not only reserved.
                var bytes = GC.AllocateUninitializedArray<byte>(faults.MemoryGrowthBytes);
                bytes.AsSpan().Fill(1);
                _kept.Add(bytes);
                _keptBytes += bytes.Length;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Critical, "Ending at once, as Faults:Crash asks")]
        public static partial void Crashing(ILogger logger);
    }
}
