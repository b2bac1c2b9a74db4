namespace LogTailer.Sinks;

/// <summary>Where lines can go.</summary>
public enum SinkType
{
    /// <summary>The standard output, where the container runtime collects them.</summary>
    Stdout,

    /// <summary>A file, appended to.</summary>
    File,

    /// <summary>Any HTTP server: newline-delimited lines by POST.</summary>
    Http,

    /// <summary>Grafana Loki, its push API.</summary>
    Loki,

    /// <summary>Elasticsearch or OpenSearch, their bulk API.</summary>
    Elasticsearch,

    /// <summary>Splunk, its HTTP event collector.</summary>
    Splunk,

    /// <summary>OpenTelemetry's protocol for logs, as JSON over HTTP.</summary>
    Otlp,

    /// <summary>Datadog, its logs intake.</summary>
    Datadog,
}
