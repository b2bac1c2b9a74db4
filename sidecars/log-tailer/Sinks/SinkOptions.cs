using System.ComponentModel.DataAnnotations;
using Hosting;
using LogTailer.Flow;

namespace LogTailer.Sinks;

/// <summary>One destination of the lines.</summary>
public sealed class SinkOptions : IValidatable
{
    /// <summary>Which kind. Default <c>stdout</c>.</summary>
    public SinkType Type { get; set; } = SinkType.Stdout;

    /// <summary>The <c>file</c> sink's file, appended to.</summary>
    public string Path { get; set; } = "";

    /// <summary>What happens while the sink takes nothing: <c>wait</c> (default: reading stops, the file is the buffer) or <c>drop</c> (new lines are dropped and counted).</summary>
    public WhenFull OnFull { get; set; } = WhenFull.Wait;

    /// <summary>How many bytes of lines may be read and not yet acknowledged. Default 1 MiB.</summary>
    [Range(512 * 1024, 1024 * 1024 * 1024)]
    public long MaxInFlightBytes { get; set; } = 1024 * 1024;

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Type == SinkType.File && Path.Length == 0)
        {
            yield return new ConfigurationError($"{path}Path", null, "The file sink needs a file to append to.");
        }
    }
}
