using Hosting;
using LogTailer.Sinks.Streams;

namespace LogTailer.Sinks;

/// <summary>Makes a sink of each kind.</summary>
internal sealed class SinkFactory(Problems problems, Liveness liveness, TimeProvider time)
{
    public ISink Create(string name, SinkOptions options) => options.Type switch
    {
        SinkType.Stdout => new StreamSink(new StandardOutput(), name, problems, liveness, time),
        SinkType.File => new StreamSink(new AppendedFile(options.Path), name, problems, liveness, time),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Type, "There is no such sink."),
    };
}
