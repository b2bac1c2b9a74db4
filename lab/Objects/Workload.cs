namespace Lab.Objects;

/// <summary>What the lab runs: a Pod, or the Pod that a Deployment or a Job makes of its template.</summary>
/// <param name="Kind"><c>Pod</c>, <c>Deployment</c> or <c>Job</c>.</param>
/// <param name="Pod">The Pod; named after the workload.</param>
/// <param name="SpecPath">Where the Pod's spec stands in the object: <c>spec</c> or <c>spec.template.spec</c>.</param>
/// <param name="Origin">The object as it came.</param>
internal sealed record Workload(string Kind, Pod Pod, string SpecPath, KubernetesObject Origin)
{
    /// <summary>The error for a place in the Pod's spec (<c>containers[0].image</c>).</summary>
    public ManifestException Error(string place, string message) =>
        Origin.Source.Error(place.Length == 0 ? SpecPath : $"{SpecPath}.{place}", message);
}
