using Prometheus;

namespace Agent.RequestLogging;

/// <summary>Counts written and dropped lines, and reports a failing file as a problem.</summary>
internal sealed class RequestLogHealth
{
    private const string Area = "request log";

    private readonly Problems _problems;
    private readonly Counter _written;
    private readonly Counter _dropped;
    private volatile bool _hasProblem;

    public RequestLogHealth(IMetricFactory metrics, CollectorRegistry registry, LineQueue queue, Problems problems)
    {
        _problems = problems;
        _written = metrics.CreateCounter("agent_request_log_lines_total", "Lines written to the request log.");
        _dropped = metrics.CreateCounter(
            "agent_request_log_dropped_total",
            "Request log lines dropped because the queue was full or the file could not be written.");
        var queued = metrics.CreateGauge("agent_request_log_queued_lines", "Lines waiting to be written to the request log.");
        registry.AddBeforeCollectCallback(() => queued.Set(queue.Count));
    }

    public long LinesWritten => (long)_written.Value;

    public long LinesDropped => (long)_dropped.Value;

    public void RecordWritten(int lines)
    {
        _written.Inc(lines);
        if (lines > 0 && _hasProblem)
        {
            _hasProblem = false;
            _problems.Clear(Area);
        }
    }

    public void RecordDropped(int lines) => _dropped.Inc(lines);

    public void ReportFailure(string path, Exception cause, int droppedLines)
    {
        RecordDropped(droppedLines);
        _hasProblem = true;
        _problems.Report(
            Area,
            $"{path} cannot be written. Requests are still served, but their log lines are dropped.",
            "Provide free space and write permission for this user; writing resumes automatically.",
            cause);
    }
}
