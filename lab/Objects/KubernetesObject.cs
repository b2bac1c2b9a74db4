using System.Text.Json.Nodes;

namespace Lab.Objects;

/// <summary>An object as it came: its JSON, and where each of its fields stands in the file.</summary>
/// <param name="ApiVersion">Such as <c>apps/v1</c>.</param>
/// <param name="Kind">Such as <c>Deployment</c>.</param>
/// <param name="Name"><c>metadata.name</c>; empty when there is none.</param>
/// <param name="Json">The whole object.</param>
/// <param name="Source">The file and lines that it came from.</param>
internal sealed record KubernetesObject(string ApiVersion, string Kind, string Name, JsonObject Json, SourceMap Source)
{
    public ManifestException Error(ObjectError error) => Source.Error(error.Path, error.Message);
}
