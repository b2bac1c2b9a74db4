using System.Text.Json.Nodes;

namespace Specimen;

internal sealed class SpecimenStatus : IStatusSection
{
    public string Name => "specimen";

    public JsonNode DescribeStatus() => new JsonObject { ["state"] = "running" };
}
