using LogTailer.Checkpoint;
using LogTailer.Follow;
using LogTailer.Sinks;
using LogTailer.Sinks.Http;
using LogTailer.Transform;

namespace LogTailer;

/// <summary>What the log tailer can be told. Durations take a unit (<c>5s</c>, <c>250ms</c>), sizes too (<c>1Mi</c>).</summary>
public sealed class LogTailerOptions : ContainerOptions, IValidatable
{
    /// <summary>Takes the log tailer's own defaults.</summary>
    public LogTailerOptions() => Management.Port = 8002;

    /// <summary>The file to follow, or a glob for its name (<c>/var/log/app/requests*.log</c>), which follows the rotated ones too, oldest first. No default; with <c>Tail:Url</c> it is not used.</summary>
    [ConfigurationKeyName("LOG_FILE")]
    public string LogFile { get; set; } = "";

    /// <summary>How the files are read.</summary>
    public TailOptions Tail { get; set; } = new();

    /// <summary>Where it is kept how far each sink has come.</summary>
    public CheckpointOptions Checkpoint { get; set; } = new();

    /// <summary>Where the lines go, when there is one sink.</summary>
    public SinkOptions Sink { get; set; } = new();

    /// <summary>Where lines go, when there are several sinks, each under a name of its own. With them <c>Sink</c> is not used.</summary>
    public Dictionary<string, SinkOptions> Sinks { get; set; } = [];

    /// <summary>What is added to each line.</summary>
    public EnrichOptions Enrich { get; set; } = new();

    /// <summary>Which lines are not shipped.</summary>
    public FilterOptions Filter { get; set; } = new();

    /// <summary>What of a line nobody is to see.</summary>
    public RedactOptions Redact { get; set; } = new();

    /// <summary>Where lines go that a store refuses for good.</summary>
    public DeadLetterOptions DeadLetters { get; set; } = new();

    /// <summary>The sinks by name; the single one is called <c>default</c>.</summary>
    internal IReadOnlyDictionary<string, SinkOptions> AllSinks => Sinks.Count > 0 ? Sinks : new Dictionary<string, SinkOptions> { ["default"] = Sink };

    /// <summary>Whether stdout carries lines, so that diagnostics have to go elsewhere.</summary>
    internal bool WritesLinesToStandardOutput => AllSinks.Values.Any(sink => sink.Type == SinkType.Stdout);

    /// <summary>The checkpoint file, the default filled in.</summary>
    internal string CheckpointPath => Path.GetFullPath(
        Checkpoint.Path.Length > 0 ? Checkpoint.Path : Path.Combine(LogDirectory, ".log-tailer", "checkpoint.json"));

    /// <summary>Where the log lies; of one that comes over HTTP the working directory stands for it.</summary>
    private string LogDirectory => LogFile.Length == 0 ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(LogFile)) ?? "/";

    /// <summary>The dead-letter file, the default filled in.</summary>
    internal string DeadLetterPath => Path.GetFullPath(
        DeadLetters.Path.Length > 0 ? DeadLetters.Path : Path.Combine(Path.GetDirectoryName(CheckpointPath) ?? "/", "dead-letters.ndjson"));

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Tail.Url is not null)
        {
            yield break;
        }

        if (LogFile.Length == 0)
        {
            yield return new ConfigurationError("LOG_FILE", null, "There is nothing to follow. Set LOG_FILE to the log's path, or to a glob such as /var/log/app/requests*.log; or set Tail:Url to a log served over HTTP, such as http://localhost:8001/logs.");
        }
        else if (LogPattern.HasWildcard(Path.GetDirectoryName(LogFile) ?? ""))
        {
            yield return new ConfigurationError("LOG_FILE", LogFile, "A wildcard may only stand in the file's name, not in its directory.");
        }
    }
}
