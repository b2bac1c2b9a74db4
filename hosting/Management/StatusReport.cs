using System.Diagnostics;
using System.Text.Json.Nodes;
using Hosting.Configuration;
using Hosting.Health;
using Hosting.Logging;

namespace Hosting.Management;

/// <summary>The response of <c>/statusz</c>: what a person needs to know to find out why a process does not work.</summary>
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
        foreach (var (key, value) in reloader.ListEffectiveValues())
        {
            configuration[key] = value;
        }

        var status = new JsonObject
        {
            ["name"] = process.Name,
            ["version"] = process.Version,
            ["pid"] = Environment.ProcessId,
            ["started_at"] = Rfc3339Time.FormatTime(_startedAt),
            ["uptime_seconds"] = Math.Round((time.GetUtcNow() - _startedAt).TotalSeconds, 1),
            ["alive"] = liveness.Failure is null,
            ["ready"] = readiness.NotReadyBecause.Count == 0,
            ["not_ready_reasons"] = CreateArray(readiness.NotReadyBecause),
            ["problems"] = new JsonArray([.. problems.Open.Select(problem => DescribeProblem(problem))]),
            ["last_error"] = problems.Last is { } last ? DescribeProblem(last) : null,
            ["configuration_generation"] = reloader.LastResult.Generation,
            ["configuration_file"] = reloader.File,
            ["last_reload"] = DescribeReload(reloader.LastResult),
            ["configuration"] = configuration,
        };
        foreach (var section in sections)
        {
            status[section.Name] = section.DescribeStatus();
        }

        return status;
    }

    public static JsonObject DescribeReload(ReloadResult result) => new()
    {
        ["outcome"] = result.Applied ? "applied" : "rejected",
        ["generation"] = result.Generation,
        ["at"] = Rfc3339Time.FormatTime(result.At),
        ["errors"] = new JsonArray([.. result.Errors.Select(error => DescribeError(error))]),
        ["changed"] = CreateArray(result.Changed),
        ["restart_required"] = CreateArray(result.RestartRequired),
    };

    private static JsonObject DescribeError(ConfigurationError error) => new()
    {
        ["key"] = error.Key,
        ["value"] = error.Value,
        ["message"] = error.Message,
    };

    private static JsonObject DescribeProblem(Problem problem) => new()
    {
        ["area"] = problem.Area,
        ["since"] = Rfc3339Time.FormatTime(problem.Since),
        ["at"] = Rfc3339Time.FormatTime(problem.At),
        ["what"] = problem.What,
        ["remedy"] = problem.Remedy,
        ["cause"] = problem.Cause,
    };

    private static JsonArray CreateArray(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
