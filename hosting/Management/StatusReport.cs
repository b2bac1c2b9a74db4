using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hosting.Configuration;
using Hosting.Health;

namespace Hosting.Management;

/// <summary>The answer of <c>/statusz</c>: what a person wants to know who asks "why does it not work?".</summary>
internal sealed class StatusReport(
    ProcessIdentity process,
    Readiness readiness,
    Liveness liveness,
    Problems problems,
    IReloader reloader,
    IEnumerable<IStatusSection> sections,
    TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = Process.GetCurrentProcess().StartTime.ToUniversalTime();

    public JsonObject DescribeStatus()
    {
        var configuration = new JsonObject();
        foreach (var (key, value) in reloader.InEffect())
        {
            configuration[key] = value;
        }

        var status = new JsonObject
        {
            ["name"] = process.Name,
            ["version"] = process.Version,
            ["pid"] = Environment.ProcessId,
            ["started_at"] = Text(_startedAt),
            ["uptime_seconds"] = Math.Round((time.GetUtcNow() - _startedAt).TotalSeconds, 1),
            ["alive"] = liveness.Failure is null,
            ["ready"] = readiness.NotReadyBecause.Count == 0,
            ["not_ready_because"] = Strings(readiness.NotReadyBecause),
            ["problems"] = new JsonArray([.. problems.Open.Select(p => Of(p))]),
            ["last_error"] = problems.Last is { } last ? Of(last) : null,
            ["configuration_generation"] = reloader.Last.Generation,
            ["configuration_file"] = reloader.File,
            ["last_reload"] = Of(reloader.Last),
            ["configuration"] = configuration,
        };
        foreach (var section in sections)
        {
            status[section.Name] = section.DescribeStatus();
        }

        return status;
    }

    public static JsonObject Of(ReloadResult result) => new()
    {
        ["outcome"] = result.Applied ? "applied" : "refused",
        ["generation"] = result.Generation,
        ["at"] = Text(result.At),
        ["errors"] = new JsonArray([.. result.Errors.Select(e => (JsonNode)new JsonObject { ["key"] = e.Key, ["value"] = e.Value, ["message"] = e.Message })]),
        ["changed"] = Strings(result.Changed),
        ["restart_required"] = Strings(result.RestartRequired),
    };

    private static JsonObject Of(Problem problem) => new()
    {
        ["area"] = problem.Area,
        ["since"] = Text(problem.Since),
        ["at"] = Text(problem.At),
        ["what"] = problem.What,
        ["remedy"] = problem.Remedy,
        ["cause"] = problem.Cause,
    };

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
