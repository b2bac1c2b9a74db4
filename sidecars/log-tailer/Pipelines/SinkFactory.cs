using LogTailer.Sinks;
using LogTailer.Sinks.Datadog;
using LogTailer.Sinks.Elasticsearch;
using LogTailer.Sinks.Http;
using LogTailer.Sinks.Loki;
using LogTailer.Sinks.Otlp;
using LogTailer.Sinks.Splunk;
using LogTailer.Sinks.Streams;
using LogTailer.Transform;

namespace LogTailer.Pipelines;

/// <summary>Creates sinks by their type.</summary>
internal sealed class SinkFactory(
    SinkTransforms transforms,
    DeadLetterFile deadLetters,
    Problems problems,
    Liveness liveness,
    TimeProvider time,
    ILogger<HttpSink> logger)
{
    public ISink CreateSink(string name, SinkOptions options)
    {
        var transform = transforms.AddSlot();

        return options.Type switch
        {
            SinkType.Stdout => new StreamSink(new StandardOutputStream(), transform, name, problems, liveness, time),
            SinkType.File => new StreamSink(new AppendFileStream(options.Path), transform, name, problems, liveness, time),
            _ => new HttpSink(name, options, CreateFormat(options), transform, deadLetters, problems, time, logger),
        };
    }

    /// <summary>Creates the wire format of an HTTP sink.</summary>
    public static IWireFormat CreateFormat(SinkOptions options) => options.Type switch
    {
        SinkType.Http => new HttpFormat(),
        SinkType.Loki => new LokiFormat(options),
        SinkType.Elasticsearch => new ElasticsearchFormat(options),
        SinkType.Splunk => new SplunkFormat(options),
        SinkType.Otlp => new OtlpFormat(options),
        SinkType.Datadog => new DatadogFormat(options),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Type, "The sink does not use HTTP."),
    };
}
