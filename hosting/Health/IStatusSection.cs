using System.Text.Json.Nodes;

namespace Hosting.Health;

/// <summary>The section of one component in <c>/statusz</c>.</summary>
public interface IStatusSection
{
    /// <summary>The section's key, such as <c>follower</c>.</summary>
    string Name { get; }

    /// <summary>Describes the current state without secrets. Called on any thread.</summary>
    JsonNode DescribeStatus();
}
