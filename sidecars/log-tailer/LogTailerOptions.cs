using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Follow;
using LogTailer.Sinks;
using LogTailer.Sinks.Http;
using LogTailer.Transform;

namespace LogTailer;

/// <summary>The configuration of the log tailer. Durations have a unit (<c>5s</c>, <c>250ms</c>), and so can sizes (<c>1Mi</c>).</summary>
public sealed partial class LogTailerOptions : ContainerOptions, IValidatable
{
    /// <summary>Sets the defaults of the log tailer.</summary>
    public LogTailerOptions() => Management.Port = 8002;

    /// <summary>
    /// The file to follow, or a glob for its name (<c>/var/log/app/requests*.log</c>), which includes rotated files, oldest first. No
    /// default;
    /// not used with <c>Tail:Url</c>.
    /// </summary>
    [ConfigurationKeyName("LOG_FILE")]
    public string LogFile { get; set; } = "";

    /// <summary>How the log is read.</summary>
    public TailOptions Tail { get; set; } = new();

    /// <summary>Where and how often the acknowledged positions of each sink are stored.</summary>
    public CheckpointOptions Checkpoint { get; set; } = new();

    /// <summary>The destination, when there is one.</summary>
    public SinkOptions Sink { get; set; } = new();

    /// <summary>Several destinations, each with a name. <c>Sink</c> is then not used.</summary>
    public Dictionary<string, SinkOptions> Sinks { get; set; } = [];

    /// <summary>Fields that are added to each line.</summary>
    public EnrichOptions Enrich { get; set; } = new();

    /// <summary>Lines that are not shipped.</summary>
    public FilterOptions Filter { get; set; } = new();

    /// <summary>Fields whose values are hidden.</summary>
    public RedactOptions Redact { get; set; } = new();

    /// <summary>Where lines are written that a store rejects permanently.</summary>
    public DeadLetterOptions DeadLetters { get; set; } = new();

    /// <summary>The sinks by name. A single sink has the name <c>default</c>.</summary>
    internal IReadOnlyDictionary<string, SinkOptions> AllSinks
        => Sinks.Count > 0 ? Sinks : new Dictionary<string, SinkOptions> { ["default"] = Sink };

    /// <summary>The sinks by the subject of their findings in <c>check</c>.</summary>
    internal IReadOnlyDictionary<string, SinkOptions> SinksBySubject
        => AllSinks.ToDictionary(sink => Sinks.Count == 0 ? "sink" : $"sink {sink.Key}", sink => sink.Value);

    /// <summary>The files to follow; null when the log is followed over HTTP.</summary>
    internal LogPattern? LogPattern => Tail.Url is null ? new LogPattern(LogFile) : null;

    /// <summary>Whether lines are written to stdout, so that diagnostics must go to stderr.</summary>
    internal bool WritesLinesToStandardOutput => AllSinks.Values.Any(sink => sink.Type == SinkType.Stdout);

    /// <summary>The path of the checkpoint file, also when it is the default.</summary>
    internal string CheckpointPath => Path.GetFullPath(
        Checkpoint.Path.Length > 0 ? Checkpoint.Path : Path.Combine(LogDirectory, ".log-tailer", "checkpoint.json"));

    /// <summary>The path of the dead-letter file, also when it is the default.</summary>
    internal string DeadLetterPath => Path.GetFullPath(
        DeadLetters.Path.Length > 0 ? DeadLetters.Path : Path.Combine(Path.GetDirectoryName(CheckpointPath) ?? "/", "dead-letters.ndjson"));

    /// <summary>The directory of the log; the working directory when the log is followed over HTTP.</summary>
    private string LogDirectory
        => LogFile.Length == 0 ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(LogFile)) ?? "/";

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Tail.Url is not null)
        {
            yield break;
        }

        if (LogFile.Length == 0)
        {
            yield return new ConfigurationError(
                "LOG_FILE",
                null,
                "No log is configured. Set LOG_FILE to the path of the log or to a glob such as /var/log/app/requests*.log, "
                + "or set Tail:Url to a log served over HTTP, such as http://localhost:8001/logs.");
        }
        else if (Files.LogPattern.HasWildcard(Path.GetDirectoryName(LogFile) ?? ""))
        {
            yield return new ConfigurationError("LOG_FILE", LogFile, "A wildcard is only allowed in the file name, not in the directory.");
        }
    }
}
