using Containers.Tests;

// Of the contract's name and namespace: the same tests, asking for Docker here.
namespace EndToEnd;

/// <summary>A test that needs a Docker engine: skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodFactAttribute : FactAttribute
{
    public PodFactAttribute() => Skip = Docker.Missing;
}

/// <inheritdoc cref="PodFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodTheoryAttribute : TheoryAttribute
{
    public PodTheoryAttribute() => Skip = Docker.Missing;
}
