namespace LogTailer.Sinks;

/// <summary>The kinds of destination.</summary>
public enum SinkType
{
    /// <summary>Standard output, which the container runtime collects.</summary>
    Stdout,

    /// <summary>A file, appended to.</summary>
    File,

    /// <summary>Any HTTP server that accepts newline-delimited lines by POST.</summary>
    Http,

    /// <summary>The push API of Grafana Loki.</summary>
    Loki,

    /// <summary>The bulk API of Elasticsearch or OpenSearch.</summary>
    Elasticsearch,

    /// <summary>The HTTP event collector of Splunk.</summary>
    Splunk,

    /// <summary>OTLP logs (OpenTelemetry) as JSON over HTTP.</summary>
    Otlp,

    /// <summary>The logs intake of Datadog.</summary>
    Datadog,
}
