using System.ComponentModel.DataAnnotations;

namespace Hosting.Configuration;

/// <summary>The options that every process has; each process derives its own from it.</summary>
public abstract class ContainerOptions
{
    /// <summary>The management port: metrics, probes, status, reload.</summary>
    public ManagementOptions Management { get; set; } = new();

    /// <summary>Where every port of the process listens.</summary>
    public ListenOptions Listen { get; set; } = new();

    /// <summary>What happens between SIGTERM and the end.</summary>
    public ShutdownOptions Shutdown { get; set; } = new();

    /// <summary>How diagnostics are written.</summary>
    public ConsoleOptions Console { get; set; } = new();

    /// <summary>Which diagnostics are written.</summary>
    public LoggingOptions Logging { get; set; } = new();

    /// <summary>The management port.</summary>
    public sealed class ManagementOptions
    {
        /// <summary>TCP port; 0 takes a free one and logs it. The default is the process's own (8001-8005, 9090).</summary>
        [Range(0, 65535)]
        public int Port { get; set; }
    }

    /// <summary>Where every port of the process listens.</summary>
    public sealed class ListenOptions
    {
        /// <summary><c>*</c> (default: all interfaces, as probes from the node need), <c>localhost</c>, or an IP address.</summary>
        [Required]
        public string Address { get; set; } = "*";
    }

    /// <summary>What happens between SIGTERM and the end.</summary>
    public sealed class ShutdownOptions
    {
        /// <summary>
        /// Seconds from SIGTERM to the end at the latest, the delay included. Default 25: under Kubernetes' 30, so that
        /// the process ends by itself and is not killed.
        /// </summary>
        [Range(1, 3600)]
        public int GraceSeconds { get; set; } = 25;

        /// <summary>
        /// Seconds after SIGTERM during which work is still taken although <c>/readyz</c> answers 503, so that those who
        /// send it can learn of the end first. Default 0; the TLS proxy's is 3.
        /// </summary>
        [Range(0, 3600)]
        public int DelaySeconds { get; set; }
    }

    /// <summary>How diagnostics are written.</summary>
    public sealed class ConsoleOptions
    {
        /// <summary><c>json</c> (default): an object a line. <c>text</c>: a line for people.</summary>
        public ConsoleFormat Format { get; set; } = ConsoleFormat.Json;
    }

    /// <summary>Which diagnostics are written: <c>Logging:LogLevel:CATEGORY</c>, as in every .NET program.</summary>
    public sealed class LoggingOptions
    {
        /// <summary>
        /// Least level by category prefix: Trace, Debug, Information, Warning, Error, Critical, None.
        /// Default: Information, and Warning for the framework's own categories.
        /// </summary>
        public Dictionary<string, LogLevel> LogLevel { get; set; } = [];
    }
}
