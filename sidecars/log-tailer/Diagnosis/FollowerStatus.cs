using System.Text.Json.Nodes;
using LogTailer.Checkpoint;
using LogTailer.Flow;

namespace LogTailer.Diagnosis;

/// <summary>How far behind each sink is, and in which file, in <c>/statusz</c>.</summary>
internal sealed class FollowerStatus(PipelineSet pipelines, CheckpointWriter checkpoint) : IStatusSection
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
