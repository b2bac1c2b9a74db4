using System.Text;
using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Follow;
using LogTailer.Follow.Changes;
using LogTailer.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace LogTailer.Tests.Follow;

/// <summary>The parts of a file follower, connected but not running, with a fake clock and real files.</summary>
internal sealed class FollowFixture : IDisposable
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly BlockPool _pool = new(512 * 1024);
    private readonly Channel<Block> _channel = Channel.CreateUnbounded<Block>();

    public FollowFixture(
        string pattern = "app.log",
        IReadOnlyList<CheckpointedPosition>? restored = null,
        TailStart from = TailStart.Beginning,
        BackpressureMode mode = BackpressureMode.Wait)
    {
        Options = new TailOptions { From = from, PollInterval = TimeSpan.FromMilliseconds(40), RotateWait = TimeSpan.FromSeconds(5) };
        Pattern = new LogPattern(Directory[pattern]);
        Problems = new Problems(Time, NullLogger<Problems>.Instance);
        var metrics = new TailerMetrics(Prometheus.Metrics.WithCustomRegistry(_registry), _registry, hasSinkLabel: false).CreateSinkMetrics(
            "default");
        Events = new FileEvents(metrics, () => PositionChanges++, NullLogger.Instance);
        FileProblems = new FileProblems(Pattern, Problems, Events);
        Restored = new RestoredPositions(restored);
        Changes = new ChangeListener(Signal, Time);
        Schedule = new ScanSchedule(Options.PollInterval, Time);
        Scanner = new DirectoryScanner(Pattern, Options.PollInterval, Changes, Schedule, FileProblems, Time);
        Reconciler = new FileReconciler(Pattern, Files, Restored, new FileStarter(Options, Restored, FileProblems, Events), Events, Time);
        Opener = new FileOpener(FileProblems);
        Reader = new FileReader(
            Options, new BlockQueue(_pool, _channel.Writer, mode, metrics, Problems), Files, Events, FileProblems, Schedule);
        Closer = new RotatedFileCloser(Pattern, Options, Files, Reader, FileProblems, Events, Time);
    }

    public TemporaryDirectory Directory { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public ScriptedSignal Signal { get; } = new();

    public TailOptions Options { get; }

    public LogPattern Pattern { get; }

    public Problems Problems { get; }

    public FileEvents Events { get; }

    public FileProblems FileProblems { get; }

    public KnownFiles Files { get; } = new();

    public RestoredPositions Restored { get; }

    public ChangeListener Changes { get; }

    public ScanSchedule Schedule { get; }

    public DirectoryScanner Scanner { get; }

    public FileReconciler Reconciler { get; }

    public FileOpener Opener { get; }

    public FileReader Reader { get; }

    public RotatedFileCloser Closer { get; }

    /// <summary>How often the checkpoint was notified without an acknowledgement.</summary>
    public int PositionChanges { get; private set; }

    /// <summary>Scans once, as the follower does.</summary>
    public void ScanFiles()
    {
        Schedule.StartScan();
        var found = Pattern.IsGlob ? Scanner.ListDirectory() : Scanner.ScanPath(null);

        if (Reconciler.ReconcileFiles(found))
        {
            Opener.OpenNeededFiles(Files.Ordered);
        }

        FileProblems.EvaluateScan(found);
    }

    /// <summary>Reads all open files once.</summary>
    public void ReadFiles()
    {
        foreach (var file in Files.Ordered)
        {
            if (file.Handle is not null)
            {
                Reader.ReadFile(file, CancellationToken.None);
            }
        }
    }

    /// <summary>Takes the enqueued lines, acknowledges them and frees their blocks.</summary>
    public List<string> TakeLines()
    {
        var taken = new List<string>();

        while (_channel.Reader.TryRead(out var block))
        {
            foreach (var line in block.EnumerateLines())
            {
                taken.Add(Encoding.UTF8.GetString(line));
            }

            block.File.AcknowledgeUpTo(block.End);
            _pool.ReturnBlock(block);
        }

        return taken;
    }

    /// <summary>The names of the known files in their order.</summary>
    public List<string> GetFileNames() => [.. Files.Ordered.Select(file => Path.GetFileName(file.Path))];

    public void Dispose()
    {
        foreach (var file in Files.Ordered)
        {
            file.CloseHandle();
        }

        _pool.Dispose();
        Directory.Dispose();
    }
}
