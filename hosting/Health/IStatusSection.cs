using System.Text.Json.Nodes;

namespace Hosting.Health;

/// <summary>What one part of the process says of itself in <c>/statusz</c>.</summary>
public interface IStatusSection
{
    /// <summary>The section's key, such as <c>follower</c>.</summary>
    string Name { get; }

    /// <summary>What it is doing now; no secrets. Called on any thread.</summary>
    JsonNode DescribeStatus();
}
