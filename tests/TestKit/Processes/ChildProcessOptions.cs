using System.Text;

namespace TestKit;

/// <summary>How a <see cref="ChildProcess"/> is started, beyond its command line.</summary>
public sealed record ChildProcessOptions
{
    /// <summary>Environment variables to set, or to remove where the value is null.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The working directory; null for the directory of the test process.</summary>
    public string? Directory { get; init; }

    /// <summary>The encoding of stdout; Latin-1 keeps every byte.</summary>
    public Encoding OutputEncoding { get; init; } = Encoding.UTF8;

    /// <summary>
    /// Whether stdout stays unread until <see cref="ChildProcess.StartReadingOutput"/>, so that the process blocks when the pipe is full.
    /// </summary>
    public bool LeavesOutputUnread { get; init; }

    /// <summary>The number of lines to keep of each stream; later lines are read and dropped.</summary>
    public int MaxLines { get; init; } = int.MaxValue;
}
