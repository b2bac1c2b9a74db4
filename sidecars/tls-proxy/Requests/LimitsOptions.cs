using System.ComponentModel.DataAnnotations;

namespace TlsProxy.Requests;

/// <summary>Limits for each client and for all clients together.</summary>
public sealed class LimitsOptions
{
    /// <summary>Bytes of a request body; above it, the response is 413. Default 30 MB; 0 for no limit.</summary>
    [Range(0, long.MaxValue)]
    public long BodyBytes { get; set; } = 30_000_000;

    /// <summary>Headers of a request; above it, the response is 431. Default 100.</summary>
    [Range(1, 10_000)]
    public int HeaderCount { get; set; } = 100;

    /// <summary>Bytes of all headers of a request; above it, the response is 431. Default 32 KiB.</summary>
    [Range(1024, 1024 * 1024)]
    public int HeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Bytes of the request line; above it, the response is 414. Default 8 KiB.</summary>
    [Range(64, 1024 * 1024)]
    public int RequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>Seconds for receiving all headers of a request; after it, the response is 408. Default 15.</summary>
    [Range(1, 3600)]
    public int HeaderTimeoutSeconds { get; set; } = 15;

    /// <summary>Seconds that a connection may be idle between requests. Default 130.</summary>
    [Range(1, 3600)]
    public int KeepAliveSeconds { get; set; } = 130;

    /// <summary>Minimum bytes per second of a body, in either direction, after five seconds. Default 240; 0 for no minimum.</summary>
    [Range(0, 1_000_000)]
    public int MinimumBytesPerSecond { get; set; } = 240;

    /// <summary>Concurrent connections; further ones are closed immediately. Default 10 000.</summary>
    [Range(1, 1_000_000)]
    public int Connections { get; set; } = 10_000;

    /// <summary>Concurrent requests to the application; further ones receive 503. Default 1 000.</summary>
    [Range(1, 1_000_000)]
    public int RequestsInFlight { get; set; } = 1_000;

    /// <summary>Concurrent streams of one HTTP/2 connection. Default 100.</summary>
    [Range(1, 10_000)]
    public int StreamsPerConnection { get; set; } = 100;
}
