using ConfigReloader.Rendering;
using ConfigReloader.Targets;

namespace ConfigReloader.Watching;

/// <summary>
/// One watched place with its target. A single loop reads, compares, renders and tells, one after the other: so a target
/// is never told twice at once, changes during an attempt become one change after it, and what is told last is what is
/// there last.
/// </summary>
/// <remarks>
/// The loop owes the target a delivery exactly while what is there is neither what the target has nor what it was found
/// not to want. After an attempt that failed in any way nothing is taken for granted: an application that could not be
/// reached may have been starting and have read a state that is gone again.
/// </remarks>
internal sealed partial class Watch
{
    /// <summary>Unrest lasts at most this many times the debounce; then it is looked at even though it goes on.</summary>
    private const int MaxDebounces = 10;

    private static readonly TimeSpan UnreadableInterval = TimeSpan.FromSeconds(1);

    private readonly WatchParts _parts;
    private readonly WatchMetrics _metrics;
    private readonly DeliveredState _delivered;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly ILogger<Watch> _logger;
    private readonly Backoff _backoff;

    private volatile WatchState _state = new();
    private Snapshot? _present;
    private string? _targetHas;
    private string? _notWanted;
    private bool _unconfirmed;
    private long? _retryFrom;
    private TimeSpan _retryAfter;

    public Watch(
        WatchParts parts, WatchMetrics metrics, DeliveredState delivered, Problems problems, TimeProvider time, ILogger<Watch> logger)
    {
        (_parts, _metrics, _delivered, _problems, _time, _logger) = (parts, metrics, delivered, problems, time, logger);
        _backoff = new Backoff(parts.RetryDelay, parts.MaxRetryDelay, Random.Shared.NextDouble);
    }

    public string Name => _parts.Name;

    public WatchParts Parts => _parts;

    public WatchState State => _state;

    /// <summary>Whether it still waits for the last attempt of a watch of the same name, whose keys were other ones.</summary>
    public bool WaitsForPredecessor { get; set; }

    /// <summary>Why the application had better not start yet, or null: it would not find its rendered files.</summary>
    public string? NotReadyBecause => _parts.Renderer switch
    {
        // A target that hangs holds the new watch up, but must not take the Pod out of its Service.
        _ when _state.Phase == WatchPhase.Starting && !WaitsForPredecessor => $"{Name}: not read yet",
        { Output.Exists: false } => $"{Name}: not rendered yet",
        _ => null,
    };

    private string SourceArea => $"watch {Name}";

    private string TargetArea => $"target {Name}";

    private string EventsArea => $"events {Name}";

    /// <summary>Runs until <paramref name="stopping"/>; an attempt that is under way then goes on until <paramref name="abort"/>.</summary>
    public async Task RunAsync(CancellationToken stopping, CancellationToken abort)
    {
        using var events = new ChangeEvents(_parts.Source.EventDirectory, _parts.Source.Recursive);
        try
        {
            // Asked before the first reading, so that no change falls between the two.
            Listen(events);
            await StartAsync(abort);
            while (!stopping.IsCancellationRequested)
            {
                var hinted = await events.WaitAsync(UntilNextLook(), _time, stopping);
                if (hinted)
                {
                    await events.QuietAsync(_parts.Debounce, _parts.Debounce * MaxDebounces, _time, stopping);
                }

                await LookAsync(events, hinted, abort);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The end that was asked for.
        }
    }

    /// <summary>Takes back what it has reported, when it is not to be watched any more.</summary>
    public void ClearProblems()
    {
        _problems.Clear(SourceArea);
        _problems.Clear(TargetArea);
        _problems.Clear(EventsArea);
    }

    /// <summary>The first look: what is there counts as known to the application, unless something says otherwise.</summary>
    private async Task StartAsync(CancellationToken abort)
    {
        _targetHas = _delivered[Name] ?? (_parts.NotifyAtStart ? DeliveredState.Unknown : null);
        var present = Read(abort);
        if (present is null)
        {
            // When it appears it is a change.
            return;
        }

        _present = present;
        Show(state => state with { Fingerprint = present.Fingerprint, Files = present.Files.Count, Delivered = _targetHas });
        if (_targetHas is null)
        {
            var hadOutput = _parts.Renderer is { Output.Exists: true };
            if (TryRender(present, out var changed) && !(hadOutput && changed))
            {
                Settled(present, "Known from the start.");
            }
            else
            {
                // An output of an earlier life that differs: the application may have read that one.
                _targetHas = DeliveredState.Unknown;
            }
        }

        Log.Watching(_logger, Name, _parts.Source.Path, present.Files.Count, _parts.Target?.Description ?? "nobody");
        await TellAsync(abort);
    }

    private async Task LookAsync(ChangeEvents events, bool hinted, CancellationToken abort)
    {
        var present = Read(abort);
        if (present is not null && present.Fingerprint != _present?.Fingerprint)
        {
            if (!hinted)
            {
                // The poll found what the kernel did not tell: ask it anew, and see that nobody is in the middle of writing.
                Listen(events);
                present = await StableAsync(present, events, abort);
            }
            else if (!events.Active)
            {
                Listen(events);
            }
        }
        else if (!events.Active)
        {
            Listen(events);
        }

        if (present is not null && present.Fingerprint != _present?.Fingerprint)
        {
            _present = present;
            _notWanted = null;
            _retryFrom = null;
            _backoff.Reset();
            _metrics.Changed(Name, hinted);
            Log.Changed(_logger, Name, _parts.Source.Path, present.Files.Count, present.Fingerprint);
            Show(state => state with
            {
                Fingerprint = present.Fingerprint,
                Files = present.Files.Count,
                Changes = state.Changes + 1,
                ChangedAt = _time.GetUtcNow(),
                Attempts = 0,
            });
        }

        if (present is not null && IsRetryDue)
        {
            await TellAsync(abort);
        }
    }

    private bool IsRetryDue => _retryFrom is not { } from || _time.GetElapsedTime(from) >= _retryAfter;

    private TimeSpan UntilNextLook()
    {
        if (_state.Phase == WatchPhase.Unreadable)
        {
            return _parts.PollInterval < UnreadableInterval ? _parts.PollInterval : UnreadableInterval;
        }

        if (_retryFrom is not { } from)
        {
            return _parts.PollInterval;
        }

        var retry = _retryAfter - _time.GetElapsedTime(from);
        return retry < _parts.PollInterval ? (retry > TimeSpan.Zero ? retry : TimeSpan.Zero) : _parts.PollInterval;
    }

    private void Listen(ChangeEvents events)
    {
        events.Restart();
        Show(state => state with { NoEventsBecause = events.InactiveBecause });
        if (events.Active || !Directory.Exists(_parts.Source.EventDirectory))
        {
            _problems.Clear(EventsArea);
        }
        else
        {
            Report(
                EventsArea,
                $"the kernel tells no changes of {_parts.Source.EventDirectory}: {events.InactiveBecause}",
                $"Changes are found by reading every {_parts.PollInterval.TotalSeconds:0.###} s. Raise fs.inotify.max_user_instances or max_user_watches on the node to see them at once.");
        }
    }

    private Snapshot? Read(CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = _parts.Source.Read(_parts.Renderer is not null, cancellationToken);
            _problems.Clear(SourceArea);
            if (_state.Phase == WatchPhase.Unreadable)
            {
                Show(state => state with { Phase = PhaseOf(snapshot) });
            }

            return snapshot;
        }
        catch (SourceUnreadableException unreadable)
        {
            _metrics.Unreadable(Name);
            Report(SourceArea, unreadable.Message, unreadable.Remedy);
            Show(state => state with { Phase = WatchPhase.Unreadable, LastResult = unreadable.Message });
            return null;
        }
    }

    private WatchPhase PhaseOf(Snapshot snapshot) =>
        snapshot.Fingerprint == _targetHas ? (_unconfirmed ? WatchPhase.Unconfirmed : WatchPhase.InStep)
        : snapshot.Fingerprint == _notWanted ? WatchPhase.Refused
        : WatchPhase.Pending;

    /// <summary>Reads until two readings with a debounce between them are equal.</summary>
    private async Task<Snapshot> StableAsync(Snapshot first, ChangeEvents events, CancellationToken abort)
    {
        var last = first;
        for (var i = 0; i < MaxDebounces; i++)
        {
            await events.WaitAsync(_parts.Debounce, _time, abort);
            if (Read(abort) is not { } next || next.Fingerprint == last.Fingerprint)
            {
                break;
            }

            last = next;
        }

        return last;
    }

    /// <summary>Gives the target what is there, if that is owed.</summary>
    private async Task TellAsync(CancellationToken abort)
    {
        if (_present is not { } present)
        {
            return;
        }

        if (present.Fingerprint == _targetHas)
        {
            // Also after a change back to what the target has: nothing is owed any more.
            if (!_unconfirmed)
            {
                _problems.Clear(TargetArea);
            }

            Show(state => state with { Phase = PhaseOf(present), NextAttemptAt = null });
            return;
        }

        if (present.Fingerprint == _notWanted)
        {
            return;
        }

        Show(state => state with { Phase = WatchPhase.Pending, Attempts = state.Attempts + 1, NextAttemptAt = null });
        if (!TryRender(present, out _))
        {
            return;
        }

        if (_parts.Target is not { } target)
        {
            Settled(present, "Rendered.");
            return;
        }

        var start = _time.GetTimestamp();
        var delivery = await target.DeliverAsync(abort);
        _metrics.Attempted(Name, delivery.Outcome, _time.GetElapsedTime(start));
        switch (delivery.Outcome)
        {
            case DeliveryOutcome.Delivered:
                Log.Delivered(_logger, Name, delivery.Message);
                _problems.Clear(TargetArea);
                Settled(present, delivery.Message);
                break;

            case DeliveryOutcome.Unconfirmed:
                Report(TargetArea, delivery.Message, delivery.Remedy);
                Settled(present, delivery.Message, unconfirmed: true);
                break;

            case DeliveryOutcome.Refused:
                NotWanted(present, WatchPhase.Refused, delivery.Message, delivery.Remedy);
                break;

            default:
                Failed(delivery.Message, delivery.Remedy);
                break;
        }
    }

    /// <summary>Renders, where that is asked for; false if the target must not be told now.</summary>
    private bool TryRender(Snapshot snapshot, out bool changed)
    {
        changed = false;
        if (_parts.Renderer is not { } renderer)
        {
            return true;
        }

        try
        {
            changed = renderer.Render(snapshot);
            _metrics.Rendered(Name, changed ? "written" : "unchanged");
            return true;
        }
        catch (RenderRefusedException refused)
        {
            _metrics.Rendered(Name, "refused");
            _notWanted = snapshot.Fingerprint;
            Report(
                TargetArea,
                $"{_parts.Source.Path} was not rendered, the old files stay: {refused.Message}",
                "Set the variable in this container, or write $$(NAME) where the text itself is meant.");
            Show(state => state with { Phase = WatchPhase.NotRendered, LastResult = refused.Message, NextAttemptAt = null });
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _metrics.Rendered(Name, "failed");
            Failed(
                $"{renderer.Output.Path} cannot be written, the old files stay: {exception.Message}",
                "Make the volume writable for the user that this container runs as, and see that it is not full. It is tried again by itself.");
            return false;
        }
    }

    private void Settled(Snapshot present, string result, bool unconfirmed = false)
    {
        _targetHas = present.Fingerprint;
        _unconfirmed = unconfirmed;
        _notWanted = null;
        _retryFrom = null;
        _backoff.Reset();
        _delivered.Set(Name, present.Fingerprint);
        Show(state => state with
        {
            Phase = PhaseOf(present),
            Delivered = present.Fingerprint,
            DeliveredAt = state.Attempts > 0 ? _time.GetUtcNow() : state.DeliveredAt,
            LastResult = result,
            NextAttemptAt = null,
        });
    }

    private void NotWanted(Snapshot present, WatchPhase phase, string what, string remedy)
    {
        _notWanted = present.Fingerprint;
        _retryFrom = null;
        Forget();
        Report(TargetArea, what, remedy);
        Show(state => state with { Phase = phase, LastResult = what, NextAttemptAt = null });
    }

    private void Failed(string what, string remedy)
    {
        _retryFrom = _time.GetTimestamp();
        _retryAfter = _backoff.Next();
        Forget();
        Report(TargetArea, what, remedy);
        Show(state => state with { Phase = WatchPhase.Pending, LastResult = what, NextAttemptAt = _time.GetUtcNow() + _retryAfter });
    }

    /// <summary>What others say ends as it likes; shown with its remedy behind it, it must end as a sentence.</summary>
    private void Report(string area, string what, string remedy) =>
        _problems.Report(area, what.EndsWith('.') ? what : what + ".", remedy);

    private void Forget()
    {
        _targetHas = DeliveredState.Unknown;
        _delivered.Set(Name, DeliveredState.Unknown);
        Show(state => state with { Delivered = null });
    }

    private void Show(Func<WatchState, WatchState> change) => _state = change(_state);

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Information, "{Watch}: watching {Path} ({Files} files) for {Target}")]
        public static partial void Watching(ILogger logger, string watch, string path, int files, string target);

        [LoggerMessage(101, LogLevel.Information, "{Watch}: {Path} has changed ({Files} files, {Fingerprint})")]
        public static partial void Changed(ILogger logger, string watch, string path, int files, string fingerprint);

        [LoggerMessage(102, LogLevel.Information, "{Watch}: {Result}")]
        public static partial void Delivered(ILogger logger, string watch, string result);
    }
}
