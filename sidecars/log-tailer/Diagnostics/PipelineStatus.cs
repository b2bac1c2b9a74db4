using System.Text.Json.Nodes;
using LogTailer.Checkpoint;
using LogTailer.Pipelines;

namespace LogTailer.Diagnostics;

/// <summary>Shows in <c>/statusz</c> how far behind each sink is, and in which file.</summary>
internal sealed class PipelineStatus(PipelineSet pipelines, CheckpointWriter checkpoint) : IStatusSection
{
    public string Name => "log_tailer";

    public JsonNode DescribeStatus()
    {
        var sinks = new JsonObject();

        foreach (var pipeline in pipelines.All)
        {
            sinks[pipeline.Name] = pipeline.DescribeStatus();
        }

        return new JsonObject
        {
            ["sinks"] = sinks,
            ["checkpoint"] = new JsonObject { ["path"] = checkpoint.Path, ["up_to_date"] = !checkpoint.IsBehind },
        };
    }
}
