using ConfigReloader.Sources;
using ConfigReloader.Targets;

namespace ConfigReloader.Watching;

/// <summary>
/// One watched source with its target. A single loop reads, compares, renders and notifies, one step after the other: a target
/// never receives two notifications at the same time, changes during an attempt become one change after it, and the last
/// delivery always carries the last content.
/// </summary>
internal sealed partial class Watch
{
    /// <summary>Limit of the debounce, in multiples of it: after that the source is read even if it still changes.</summary>
    private const int MaxDebounces = 10;

    private readonly WatchParts _parts;
    private readonly WatchInstruments _metrics;
    private readonly DeliveryStateFile _stateFile;
    private readonly WatchProblems _problems;
    private readonly SnapshotDelivery _delivery;
    private readonly Backoff _backoff;
    private readonly TimeProvider _time;
    private readonly ILogger<Watch> _logger;
    private readonly long _createdAt;

    private volatile WatchReport _report = new();

    public Watch(
        WatchParts parts,
        WatchInstruments metrics,
        DeliveryStateFile stateFile,
        Problems problems,
        TimeProvider time,
        ILogger<Watch> logger)
    {
        (_parts, _metrics, _stateFile, _time, _logger) = (parts, metrics, stateFile, time, logger);
        _problems = new WatchProblems(parts.Name, problems);
        _delivery = new SnapshotDelivery(parts, metrics, time);
        _backoff = new Backoff(parts.RetryDelay, parts.MaxRetryDelay, Random.Shared.NextDouble);
        _createdAt = time.GetTimestamp();
    }

    public string Name => _parts.Name;

    public WatchParts Parts => _parts;

    public WatchReport Report => _report;

    /// <summary>Whether the last attempt of a watch with the same name, from the previous configuration, is still running.</summary>
    public bool WaitsForPredecessor { get; set; }

    /// <summary>Why the application should not start yet, or null: its rendered files are missing.</summary>
    public string? NotReadyReason => _parts.Renderer switch
    {
        // A slow target delays the new watch, but must not remove the Pod from its Service.
        _ when _report.Phase == WatchPhase.Starting && !WaitsForPredecessor => $"{Name}: not read yet",
        { Output.Exists: false } => $"{Name}: not rendered yet",
        _ => null,
    };

    private WatchState State => _report.State;

    private TimeSpan Now => _time.GetElapsedTime(_createdAt);

    /// <summary>Runs until <paramref name="stopping"/>. An attempt that is under way continues until <paramref name="abort"/>.</summary>
    public async Task RunLoopAsync(CancellationToken stopping, CancellationToken abort)
    {
        using var events = new ChangeEvents(_parts.Source.EventDirectory, _parts.Source.IsRecursive);
        try
        {
            // Listen before the first read, so that a change between the two is not missed.
            StartListening(events);
            await InitializeAsync(abort);
            while (!stopping.IsCancellationRequested)
            {
                var notified = await events.WaitForChangeAsync(State.GetCheckDelay(_parts.PollInterval, Now), _time, stopping);
                if (notified)
                {
                    await events.WaitUntilQuietAsync(_parts.Debounce, _parts.Debounce * MaxDebounces, _time, stopping);
                }

                await CheckSourceAsync(events, notified, abort);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped on request.
        }
    }

    /// <summary>Clears the problems that this watch has reported. Called when it is removed from the configuration.</summary>
    public void ClearProblems() => _problems.ClearAllProblems();

    /// <summary>
    /// The first read. The application is assumed to use this content, unless the state file or NotifyAtStart says otherwise.
    /// </summary>
    private async Task InitializeAsync(CancellationToken abort)
    {
        var stored = _stateFile.FindContent(Name);
        UpdateReport(report => report with { State = new WatchState.Starting(stored ?? TargetContent.Unknown) });
        if (ReadSource(abort) is not { } snapshot)
        {
            // The first content that can be read counts as a change.
            return;
        }

        UpdateReport(report => report with { Files = snapshot.Files.Count });
        if (stored is null && !_parts.NotifyAtStart)
        {
            AssumeDelivered(snapshot);
        }
        else
        {
            UpdateReport(report => report with { State = State.OnSnapshotChanged(snapshot.Fingerprint) });
        }

        Log.Watching(_logger, Name, _parts.Source.Path, snapshot.Files.Count, _parts.Target?.Description ?? "no target");
        await DeliverIfDueAsync(snapshot, abort);
    }

    private void AssumeDelivered(SourceSnapshot snapshot)
    {
        var hadOutput = _parts.Renderer is { Output.Exists: true };
        if (_delivery.RenderSnapshot(snapshot, out var changed) is { } failure)
        {
            ApplyResult(snapshot, failure);
        }
        else if (hadOutput && changed)
        {
            // The application may have read the output of an earlier run, which was different.
            UpdateReport(report => report with { State = State.OnSnapshotChanged(snapshot.Fingerprint) });
        }
        else
        {
            UpdateReport(report => report with
            {
                State = State.OnAttemptEnded(snapshot.Fingerprint, AttemptOutcome.Delivered),
                LastResult = "Assumed to be in use at the start.",
            });
            _stateFile.SetContent(Name, State.Target);
        }
    }

    private async Task CheckSourceAsync(ChangeEvents events, bool notified, CancellationToken abort)
    {
        if (await ReadStableSnapshotAsync(events, notified, abort) is not { } snapshot)
        {
            return;
        }

        if (snapshot.Fingerprint != State.Fingerprint)
        {
            OnChanged(snapshot, notified);
        }

        await DeliverIfDueAsync(snapshot, abort);
    }

    /// <summary>Reads the source, and subscribes to the kernel again if its notifications are missing.</summary>
    private async Task<SourceSnapshot?> ReadStableSnapshotAsync(ChangeEvents events, bool notified, CancellationToken abort)
    {
        var snapshot = ReadSource(abort);
        if (snapshot is not null && snapshot.Fingerprint != State.Fingerprint && !notified)
        {
            // Polling found a change that the kernel did not report. There was no quiet period, so wait until writing has finished.
            StartListening(events);
            return await WaitUntilStableAsync(snapshot, events, abort);
        }

        if (!events.IsActive)
        {
            StartListening(events);
        }

        return snapshot;
    }

    /// <summary>Reads until two reads with a debounce between them are equal.</summary>
    private async Task<SourceSnapshot> WaitUntilStableAsync(SourceSnapshot first, ChangeEvents events, CancellationToken abort)
    {
        var last = first;
        for (var i = 0; i < MaxDebounces; i++)
        {
            await events.WaitForChangeAsync(_parts.Debounce, _time, abort);
            if (ReadSource(abort) is not { } next || next.Fingerprint == last.Fingerprint)
            {
                break;
            }

            last = next;
        }

        return last;
    }

    private void StartListening(ChangeEvents events)
    {
        events.RestartListening();
        UpdateReport(report => report with { EventsUnavailableReason = events.UnavailableReason });
        if (events.IsActive || !Directory.Exists(_parts.Source.EventDirectory))
        {
            _problems.ClearEventsProblem();
        }
        else
        {
            _problems.ReportEventsProblem(
                $"the kernel does not report changes of {_parts.Source.EventDirectory}: {events.UnavailableReason}",
                $"Changes are detected by polling every {_parts.PollInterval.TotalSeconds:0.###} s. To detect them immediately, increase "
                    + "fs.inotify.max_user_instances or max_user_watches on the node.");
        }
    }

    private SourceSnapshot? ReadSource(CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = _parts.Source.ReadSnapshot(_parts.Renderer is not null, cancellationToken);
            _problems.ClearSourceProblem();
            UpdateReport(report => report with { State = State.OnReadable() });
            return snapshot;
        }
        catch (SourceUnreadableException exception)
        {
            _metrics.RecordReadError();
            _problems.ReportSourceProblem(exception.Message, exception.Remedy);
            UpdateReport(report => report with { State = State.OnUnreadable(), LastResult = exception.Message });
            return null;
        }
    }

    private void OnChanged(SourceSnapshot snapshot, bool notified)
    {
        _backoff.ResetDelay();
        _metrics.RecordChange(seenByEvent: notified);
        Log.Changed(_logger, Name, _parts.Source.Path, snapshot.Files.Count, snapshot.Fingerprint);
        UpdateReport(report => report with
        {
            State = State.OnSnapshotChanged(snapshot.Fingerprint),
            Files = snapshot.Files.Count,
            Changes = report.Changes + 1,
            ChangedAt = _time.GetUtcNow(),
            Attempts = 0,
            NextAttemptAt = null,
        });
        if (State is WatchState.InStep)
        {
            // The content is again what the target uses.
            _problems.ClearTargetProblem();
        }
    }

    private async Task DeliverIfDueAsync(SourceSnapshot snapshot, CancellationToken abort)
    {
        if (!State.IsAttemptDue(Now))
        {
            return;
        }

        UpdateReport(report => report with { Attempts = report.Attempts + 1, NextAttemptAt = null });
        ApplyResult(snapshot, await _delivery.DeliverSnapshotAsync(snapshot, abort));
    }

    private void ApplyResult(SourceSnapshot snapshot, AttemptResult result)
    {
        var isNotified = result.Outcome is AttemptOutcome.Delivered or AttemptOutcome.Unconfirmed;
        TimeSpan? retryAfter = result.Outcome == AttemptOutcome.Failed ? _backoff.NextDelay() : null;
        if (isNotified)
        {
            _backoff.ResetDelay();
        }

        if (result.Outcome == AttemptOutcome.Delivered)
        {
            Log.Delivered(_logger, Name, result.Result);
            _problems.ClearTargetProblem();
        }
        else
        {
            _problems.ReportTargetProblem(result.Problem, result.Remedy);
        }

        var now = _time.GetUtcNow();
        UpdateReport(report => report with
        {
            State = State.OnAttemptEnded(snapshot.Fingerprint, result.Outcome, Now + retryAfter),
            LastResult = result.Result,
            DeliveredAt = isNotified ? now : report.DeliveredAt,
            NextAttemptAt = now + retryAfter,
        });

        // A snapshot that was not rendered does not reach the target, so the file still holds what the target uses.
        if (result.Outcome != AttemptOutcome.NotRendered)
        {
            _stateFile.SetContent(Name, State.Target);
        }
    }

    private void UpdateReport(Func<WatchReport, WatchReport> update) => _report = update(_report);

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Information, "{Watch}: watching {Path} ({Files} files), target: {Target}")]
        public static partial void Watching(ILogger logger, string watch, string path, int files, string target);

        [LoggerMessage(101, LogLevel.Information, "{Watch}: {Path} changed ({Files} files, {Fingerprint})")]
        public static partial void Changed(ILogger logger, string watch, string path, int files, string fingerprint);

        [LoggerMessage(102, LogLevel.Information, "{Watch}: {Result}")]
        public static partial void Delivered(ILogger logger, string watch, string result);
    }
}
