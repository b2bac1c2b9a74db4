using Lab.Objects;

namespace Lab.Manifests;

/// <summary>What the lab runs: a Pod, or the Pod of a Deployment's or Job's template.</summary>
/// <param name="Kind"><c>Pod</c>, <c>Deployment</c> or <c>Job</c>.</param>
/// <param name="Pod">The Pod, named after the workload.</param>
/// <param name="SpecPath">The path of the Pod's spec in the object: <c>spec</c> or <c>spec.template.spec</c>.</param>
/// <param name="Origin">The object in the manifest.</param>
internal sealed record Workload(string Kind, Pod Pod, string SpecPath, KubernetesObject Origin)
{
    /// <summary>Creates an error for a field of the Pod's spec (<c>containers[0].image</c>).</summary>
    public ManifestException CreateError(string place, string message) =>
        Origin.Source.CreateError(place.Length == 0 ? SpecPath : $"{SpecPath}.{place}", message);
}
