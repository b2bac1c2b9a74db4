using System.ComponentModel.DataAnnotations;

namespace Hosting.Configuration;

/// <summary>
/// The options that all processes have in common. Each process derives its own options class from this one; the derived class must
/// be partial, because its shape is generated.
/// </summary>
public abstract partial class ContainerOptions
{
    /// <summary>The management port: metrics, probes, status, reload.</summary>
    public ManagementOptions Management { get; set; } = new();

    /// <summary>The address on which every port of the process listens.</summary>
    public ListenOptions Listen { get; set; } = new();

    /// <summary>The timing of a shutdown.</summary>
    public ShutdownOptions Shutdown { get; set; } = new();

    /// <summary>The format of diagnostics.</summary>
    public ConsoleOptions Console { get; set; } = new();

    /// <summary>The selection of diagnostics.</summary>
    public LoggingOptions Logging { get; set; } = new();

    /// <summary>The management port.</summary>
    public sealed class ManagementOptions
    {
        /// <summary>TCP port; 0 selects a free one and logs it. The default depends on the process (8001-8005, 9090).</summary>
        [Range(0, 65535)]
        public int Port { get; set; }
    }

    /// <summary>The address on which every port of the process listens.</summary>
    public sealed class ListenOptions
    {
        /// <summary><c>*</c> (default: all interfaces, as probes from the node need), <c>localhost</c>, or an IP address.</summary>
        [Required]
        public string Address { get; set; } = "*";
    }

    /// <summary>The timing of a shutdown.</summary>
    public sealed class ShutdownOptions
    {
        /// <summary>
        /// The most seconds from SIGTERM to exit, including the delay. Default 25: below Kubernetes' 30, so that
        /// the process exits by itself and is not killed.
        /// </summary>
        [Range(1, 3600)]
        public int GraceSeconds { get; set; } = 25;

        /// <summary>
        /// Seconds after SIGTERM during which new requests are accepted although <c>/readyz</c> returns 503, so that load
        /// balancers notice the shutdown first. Default 0; the TLS proxy's is 3.
        /// </summary>
        [Range(0, 3600)]
        public int DelaySeconds { get; set; }
    }

    /// <summary>The format of diagnostics.</summary>
    public sealed class ConsoleOptions
    {
        /// <summary><c>json</c> (default): one object per line. <c>text</c>: lines for people.</summary>
        public ConsoleFormat Format { get; set; } = ConsoleFormat.Json;
    }

    /// <summary>The selection of diagnostics: <c>Logging:LogLevel:CATEGORY</c>, as in every .NET program.</summary>
    public sealed class LoggingOptions
    {
        /// <summary>
        /// Lowest level by category prefix: Trace, Debug, Information, Warning, Error, Critical, None.
        /// Default: Information, and Warning for the framework's own categories.
        /// </summary>
        public Dictionary<string, LogLevel> LogLevel { get; set; } = [];
    }
}
