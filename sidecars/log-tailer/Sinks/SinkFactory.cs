using LogTailer.Sinks.Datadog;
using LogTailer.Sinks.Elasticsearch;
using LogTailer.Sinks.Http;
using LogTailer.Sinks.Loki;
using LogTailer.Sinks.Otlp;
using LogTailer.Sinks.Splunk;
using LogTailer.Sinks.Streams;
using LogTailer.Transform;

namespace LogTailer.Sinks;

/// <summary>Makes a sink of each kind.</summary>
internal sealed class SinkFactory(
    Transforms transforms, DeadLetters deadLetters, Problems problems, Liveness liveness, TimeProvider time, ILogger<HttpSink> logger)
{
    public ISink Create(string name, SinkOptions sink)
    {
        var transform = transforms.Add();

        return sink.Type switch
        {
            SinkType.Stdout => new StreamSink(new StandardOutput(), transform, name, problems, liveness, time),
            SinkType.File => new StreamSink(new AppendedFile(sink.Path), transform, name, problems, liveness, time),
            _ => new HttpSink(name, sink, FormatOf(sink), transform, deadLetters, problems, time, logger),
        };
    }

    /// <summary>What an HTTP sink of this kind speaks.</summary>
    public static IWireFormat FormatOf(SinkOptions sink) => sink.Type switch
    {
        SinkType.Http => new HttpFormat(),
        SinkType.Loki => new LokiFormat(sink),
        SinkType.Elasticsearch => new ElasticsearchFormat(sink),
        SinkType.Splunk => new SplunkFormat(sink),
        SinkType.Otlp => new OtlpFormat(sink),
        SinkType.Datadog => new DatadogFormat(sink),
        _ => throw new ArgumentOutOfRangeException(nameof(sink), sink.Type, "This sink speaks no HTTP."),
    };
}
