using LogTailer.Pipelines;
using LogTailer.Sinks;
using LogTailer.Sinks.Http;
using LogTailer.Transform;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogTailer.Tests.Sinks;

/// <summary>Ships lines of a file to a <see cref="LogStore"/> over HTTP.</summary>
public abstract class HttpSinkTestBase : IDisposable
{
    private protected static string[] ThreeLines { get; } = ["1", "2", "3"];

    private protected TemporaryDirectory Files { get; } = new();

    public void Dispose()
    {
        Files.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static Task RespondAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private protected static async Task AssertReceivedAsync(LogStore store, Tailing tailing, string[] lines)
    {
        await Eventually.AssertAsync(
            () => store.Lines.Count >= lines.Length,
            () => $"{store.Lines.Count} of {lines.Length} lines; {string.Join(' ', tailing.Problems.Open)}");
        Assert.Equal(lines, store.Lines);
    }

    private protected Tailing Ship(LogStore store, Action<SinkOptions>? configure = null, params string[] lines)
        => Ship(store.Url, configure, lines);

    private protected Tailing Ship(Uri url, Action<SinkOptions>? configure = null, string[]? lines = null)
    {
        var options = new SinkOptions
        {
            Type = SinkType.Http,
            Url = url,
            BatchWait = TimeSpan.FromMilliseconds(50),
            RetryFrom = TimeSpan.FromMilliseconds(10),
            RetryUpTo = TimeSpan.FromMilliseconds(100),
        };
        configure?.Invoke(options);

        if (!File.Exists(Files["app.log"]))
        {
            Files.AppendToFile("app.log", string.Concat((lines is null or [] ? ThreeLines : lines).Select(line => line + "\n")));
        }

        return Tailing.Start(Files["app.log"], sinkOptions: options, createSink: problems => new HttpSink(
            "default",
            options,
            SinkFactory.CreateFormat(options),
            new TransformSlot(null),
            new DeadLetterFile(Files["dead.ndjson"], TimeProvider.System),
            problems,
            TimeProvider.System,
            NullLogger<HttpSink>.Instance));
    }
}
