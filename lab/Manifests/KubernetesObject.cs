using System.Text.Json.Nodes;
using Lab.Admission;

namespace Lab.Manifests;

/// <summary>An object of a manifest: its JSON, and the line of each field.</summary>
/// <param name="ApiVersion">Such as <c>apps/v1</c>.</param>
/// <param name="Kind">Such as <c>Deployment</c>.</param>
/// <param name="Name"><c>metadata.name</c>; empty if there is none.</param>
/// <param name="Json">The complete object.</param>
/// <param name="Source">The file and lines of its fields.</param>
internal sealed record KubernetesObject(string ApiVersion, string Kind, string Name, JsonObject Json, SourceMap Source)
{
    /// <summary>Throws if the object has mistakes, with the API server's message for an invalid object.</summary>
    /// <exception cref="ManifestException">There is at least one error; the message lists all of them.</exception>
    public void ThrowIfInvalid(IEnumerable<ObjectError> errors)
    {
        var lines = errors
            .Select(error => Source.CreateError(error.Path, $"The {Kind} \"{Name}\" is invalid: {error.Message}").Message)
            .ToList();
        if (lines.Count > 0)
        {
            throw new ManifestException(string.Join('\n', lines));
        }
    }
}
