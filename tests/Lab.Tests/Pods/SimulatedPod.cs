using System.Globalization;
using Lab.Objects;
using Lab.Pods;

namespace Lab.Tests.Pods;

/// <summary>A Pod's state machine with fake containers on a fake clock. What happens is written down as <c>SECOND CONTAINER WHAT</c>.</summary>
internal sealed class SimulatedPod
{
    private readonly FakeClock _clock = new();
    private readonly PodMachine _machine;
    private readonly Dictionary<string, FakeContainer> _containers = new(StringComparer.Ordinal);
    private readonly PriorityQueue<PodEvent, (TimeSpan At, int Order)> _events = new();
    private readonly Dictionary<string, (int Run, TimeSpan StartedAt)> _running = new(StringComparer.Ordinal);
    private readonly List<string> _log = [];
    private readonly List<PodAction.Notice> _notices = [];
    private readonly List<string> _watch = [];
    private readonly bool _mounts;
    private int _order;

    public SimulatedPod(string manifest, PodTiming? timing = null, bool mounts = true, params (string Name, FakeContainer Container)[] containers)
    {
        _mounts = mounts;
        var workload = ManifestSet.Read([("pod.yaml", manifest)]).Workloads.Single();
        _machine = new PodMachine(workload.Pod, timing ?? new PodTiming(), _clock);
        foreach (var container in workload.Pod.Spec.InitContainers.Concat(workload.Pod.Spec.Containers))
        {
            _containers[container.Name] = new FakeContainer();
        }

        foreach (var (name, container) in containers)
        {
            _containers[name] = container;
        }

        Tell(new PodEvent.Tick());
    }

    /// <summary>What happened: START, TERM, KILL, EXIT code, PRESTOP, PRESTOP-END.</summary>
    public IReadOnlyList<string> Log => _log;

    public IReadOnlyList<PodAction.Notice> Notices => _notices;

    /// <summary>Every change of READY and STATUS, as <c>kubectl get -w</c> shows them.</summary>
    public IReadOnlyList<string> Watch => _watch;

    public PodStatus Status => _machine.Status;

    public bool IsFinished => _machine.IsFinished;

    public string Restarts => _machine.Status.Restarts(_clock.GetUtcNow());

    public ContainerStatus this[string name] => Status.InitContainers.Concat(Status.Containers).Single(container => container.Name == name);

    /// <summary>Lets time pass up to a second of the fake clock.</summary>
    public SimulatedPod Until(double seconds)
    {
        var end = TimeSpan.FromSeconds(seconds);
        while (true)
        {
            var next = _events.TryPeek(out _, out var at) ? at.At : TimeSpan.MaxValue;
            var due = _machine.Due is { } wait ? _clock.Elapsed + wait : TimeSpan.MaxValue;
            if (next > end && due > end)
            {
                _clock.MoveTo(end);
                return this;
            }

            if (next <= due)
            {
                _clock.MoveTo(next);
                Tell(_events.Dequeue());
            }
            else
            {
                _clock.MoveTo(due);
                Tell(new PodEvent.Tick());
            }
        }
    }

    public SimulatedPod Delete(double? grace = null)
    {
        Tell(new PodEvent.Delete(grace is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
        return this;
    }

    /// <summary>The log's lines about one thing, such as <c>START</c>.</summary>
    public IEnumerable<string> Those(string what) => _log.Where(line => line.Contains($" {what}", StringComparison.Ordinal));

    private void Tell(PodEvent happened)
    {
        if (happened is PodEvent.Exited exited)
        {
            if (_running.GetValueOrDefault(exited.Container).Run != exited.Run)
            {
                return;
            }

            _running.Remove(exited.Container);
            Write(exited.Container, $"EXIT {exited.ExitCode}");
        }

        foreach (var action in _machine.Handle(happened))
        {
            Do(action);
        }

        var row = $"{Status.Ready} {Status.Status}";
        if (_watch.Count == 0 || _watch[^1] != row)
        {
            _watch.Add(row);
        }
    }

    private void Do(PodAction action)
    {
        switch (action)
        {
            case PodAction.Notice notice:
                _notices.Add(notice);
                break;
            case PodAction.MountVolumes:
                After(0, _mounts ? new PodEvent.Mounted() : new PodEvent.MountFailed("MountVolume.SetUp failed for volume \"c\" : configmap \"fluent-bit-config\" not found"));
                break;
            case PodAction.Start(var name, var run):
                Start(name, run);
                break;
            case PodAction.Terminate(var name, var run):
                Write(name, "TERM");
                if (_containers[name].StopsAfter is { } takes)
                {
                    After(takes, new PodEvent.Exited(name, run, _containers[name].StopExitCode));
                }

                break;
            case PodAction.Kill(var name, var run):
                Write(name, "KILL");
                After(0, new PodEvent.Exited(name, run, 137));
                break;
            case PodAction.Look(var name, var run, var kind, _):
                var age = (_clock.Elapsed - _running[name].StartedAt).TotalSeconds;
                var healthy = _containers[name].Probe(kind, age, run);
                After(0, new PodEvent.ProbeFinished(name, run, kind, healthy, "no"));
                break;
            case PodAction.RunHook(var name, var run, var kind, _):
                Write(name, kind.ToString().ToUpperInvariant());
                if (_containers[name].HookTakes is { } hookTakes)
                {
                    After(hookTakes, new PodEvent.HookFinished(name, run, kind, _containers[name].HookSucceeds, "no"));
                }

                break;
        }
    }

    private void Start(string name, int run)
    {
        var container = _containers[name];
        if (container.CannotStart is { } reason)
        {
            After(0, new PodEvent.StartFailed(name, run, reason.Reason, reason.Message, StaysWaiting: true));
            return;
        }

        Write(name, "START");
        _running[name] = (run, _clock.Elapsed);
        After(0, new PodEvent.Started(name, run));
        if (container.Ends[Math.Min(run, container.Ends.Length) - 1] is { } end)
        {
            After(end.After, new PodEvent.Exited(name, run, end.ExitCode));
        }
    }

    private void After(double seconds, PodEvent happened) =>
        _events.Enqueue(happened, (_clock.Elapsed + TimeSpan.FromSeconds(seconds), _order++));

    private void Write(string name, string what) =>
        _log.Add(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds:0.#} {name} {what}"));
}
