using System.Diagnostics.Metrics;

namespace Agent.RequestLogging;

/// <summary>How the request log fares: what was written, what was lost, and why.</summary>
internal sealed class RequestLogHealth
{
    private const string Area = "request log";

    private readonly Problems _problems;
    private long _written;
    private long _dropped;
    private volatile bool _inTrouble;

    public RequestLogHealth(IMeterFactory meters, Problems problems)
    {
        _problems = problems;
        var meter = meters.Create("agent");
        meter.CreateObservableCounter(
            "agent_request_log_lines_total", () => LinesWritten, description: "Lines written to the request log.");
        meter.CreateObservableCounter(
            "agent_request_log_dropped_total",
            () => LinesDropped,
            description: "Lines lost to the request log, because its queue was full or the file could not be written.");
        meter.CreateObservableGauge(
            "agent_request_log_queued_lines", () => Queue?.Count ?? 0, description: "Lines waiting to be written to the request log.");
    }

    /// <summary>The queue before the file; null without a request log.</summary>
    public LineQueue? Queue { get; set; }

    public long LinesWritten => Interlocked.Read(ref _written);

    public long LinesDropped => Interlocked.Read(ref _dropped);

    public void Written(int lines)
    {
        Interlocked.Add(ref _written, lines);
        if (lines > 0 && _inTrouble)
        {
            _inTrouble = false;
            _problems.Clear(Area);
        }
    }

    public void Dropped(int lines) => Interlocked.Add(ref _dropped, lines);

    public void Failed(string path, Exception cause, int lines)
    {
        Dropped(lines);
        _inTrouble = true;
        _problems.Report(
            Area,
            $"{path} cannot be written. Requests are answered all the same, their lines are lost.",
            "Give its directory space and write permission for this user; writing goes on by itself then.",
            cause);
    }
}
