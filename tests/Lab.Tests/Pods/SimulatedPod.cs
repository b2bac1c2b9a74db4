using System.Globalization;
using Lab.Manifests;
using Lab.Pods;

namespace Lab.Tests.Pods;

/// <summary>A Pod's state machine with simulated containers and simulated time. Events are logged as <c>SECOND CONTAINER EVENT</c>.</summary>
internal sealed class SimulatedPod
{
    private static readonly DateTimeOffset StartTime = DateTimeOffset.UnixEpoch;

    private readonly PodMachine _machine;
    private readonly Dictionary<string, FakeContainer> _containers = new(StringComparer.Ordinal);
    private readonly PriorityQueue<PodEvent, (TimeSpan At, int Order)> _events = new();
    private readonly Dictionary<string, (int Run, TimeSpan StartedAt)> _running = new(StringComparer.Ordinal);
    private readonly List<string> _log = [];
    private readonly List<PodAction.PublishEvent> _published = [];
    private readonly List<string> _watch = [];
    private readonly bool _mounts;
    private TimeSpan _now;
    private int _order;

    public SimulatedPod(
        string manifest, PodTiming? timing = null, bool mounts = true, params (string Name, FakeContainer Container)[] containers)
    {
        _mounts = mounts;
        var pod = ManifestSet.ReadManifests([("pod.yaml", manifest)]).Workloads.Single().Pod;
        _machine = new PodMachine(pod, timing ?? new PodTiming(), StartTime);
        foreach (var container in pod.Spec.AllContainers)
        {
            _containers[container.Name] = new FakeContainer();
        }

        foreach (var (name, container) in containers)
        {
            _containers[name] = container;
        }

        HandleEvent(new PodEvent.Tick());
    }

    /// <summary>START, TERM, KILL, EXIT code, PRESTOP and POSTSTART, in order.</summary>
    public IReadOnlyList<string> Log => _log;

    /// <summary>The events that <c>kubectl get events</c> would show.</summary>
    public IReadOnlyList<PodAction.PublishEvent> Published => _published;

    /// <summary>Every change of READY and STATUS, as <c>kubectl get -w</c> would show them.</summary>
    public IReadOnlyList<string> Watch => _watch;

    public PodStatus Status => _machine.GetStatus(_now);

    public bool IsFinished => _machine.IsFinished;

    public string Restarts => Status.FormatRestarts(StartTime + _now);

    public ContainerStatus this[string name] => Status.AllContainers.Single(container => container.Name == name);

    /// <summary>Advances the simulated time to a second.</summary>
    public SimulatedPod RunUntil(double seconds)
    {
        var end = TimeSpan.FromSeconds(seconds);
        while (true)
        {
            var nextEvent = _events.TryPeek(out _, out var at) ? at.At : TimeSpan.MaxValue;
            var nextTimer = _machine.GetTimerDelay(_now) is { } delay ? _now + delay : TimeSpan.MaxValue;
            if (nextEvent > end && nextTimer > end)
            {
                _now = end;
                return this;
            }

            if (nextEvent <= nextTimer)
            {
                _now = nextEvent;
                HandleEvent(_events.Dequeue());
            }
            else
            {
                _now = nextTimer;
                HandleEvent(new PodEvent.Tick());
            }
        }
    }

    public SimulatedPod DeletePod(double? grace = null)
    {
        HandleEvent(new PodEvent.Delete(grace is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
        return this;
    }

    /// <summary>The lines of the log with an event, such as <c>START</c>.</summary>
    public IEnumerable<string> FindLines(string what) => _log.Where(line => line.Contains($" {what}", StringComparison.Ordinal));

    private void HandleEvent(PodEvent happened)
    {
        if (happened is PodEvent.Exited exited)
        {
            if (_running.GetValueOrDefault(exited.Container).Run != exited.Run)
            {
                return;
            }

            _running.Remove(exited.Container);
            WriteLog(exited.Container, $"EXIT {exited.ExitCode}");
        }

        foreach (var action in _machine.HandleEvent(happened, _now))
        {
            ExecuteAction(action);
        }

        var row = $"{Status.Ready} {Status.Status}";
        if (_watch.Count == 0 || _watch[^1] != row)
        {
            _watch.Add(row);
        }
    }

    private void ExecuteAction(PodAction action)
    {
        switch (action)
        {
            case PodAction.PublishEvent published:
                _published.Add(published);
                break;
            case PodAction.MountVolumes:
                const string NotFound = "MountVolume.SetUp failed for volume \"c\" : configmap \"fluent-bit-config\" not found";
                ScheduleEvent(0, _mounts ? new PodEvent.Mounted() : new PodEvent.MountFailed(NotFound));
                break;
            case PodAction.Start(var name, var run):
                StartContainer(name, run);
                break;
            case PodAction.Terminate(var name, var run):
                WriteLog(name, "TERM");
                if (_containers[name].StopsAfter is { } takes)
                {
                    ScheduleEvent(takes, new PodEvent.Exited(name, run, _containers[name].StopExitCode));
                }

                break;
            case PodAction.Kill(var name, var run):
                WriteLog(name, "KILL");
                ScheduleEvent(0, new PodEvent.Exited(name, run, 137));
                break;
            case PodAction.RunProbe(var name, var run, var kind, _):
                var age = (_now - _running[name].StartedAt).TotalSeconds;
                var healthy = _containers[name].Probe(kind, age, run);
                ScheduleEvent(0, new PodEvent.ProbeFinished(name, run, kind, healthy, "no"));
                break;
            case PodAction.RunHook(var name, var run, var kind, _):
                WriteLog(name, kind.ToString().ToUpperInvariant());
                if (_containers[name].HookTakes is { } hookTakes)
                {
                    ScheduleEvent(hookTakes, new PodEvent.HookFinished(name, run, kind, _containers[name].HookSucceeds, "no"));
                }

                break;
        }
    }

    private void StartContainer(string name, int run)
    {
        var container = _containers[name];
        if (container.CannotStart is { } reason)
        {
            ScheduleEvent(0, new PodEvent.StartFailed(name, run, reason.Reason, reason.Message, StaysWaiting: true));
            return;
        }

        WriteLog(name, "START");
        _running[name] = (run, _now);
        ScheduleEvent(0, new PodEvent.Started(name, run));
        if (container.Ends[Math.Min(run, container.Ends.Length) - 1] is { } end)
        {
            ScheduleEvent(end.After, new PodEvent.Exited(name, run, end.ExitCode));
        }
    }

    private void ScheduleEvent(double seconds, PodEvent happened) =>
        _events.Enqueue(happened, (_now + TimeSpan.FromSeconds(seconds), _order++));

    private void WriteLog(string name, string what) =>
        _log.Add(string.Create(CultureInfo.InvariantCulture, $"{_now.TotalSeconds:0.#} {name} {what}"));
}
