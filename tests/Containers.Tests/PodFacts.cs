using Containers.Tests;

// The names and the namespace that the contract tests use; here they require Docker.
namespace EndToEnd;

/// <summary>A test that requires Docker and our images; skipped, with the reason, where they cannot be built.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodFactAttribute : FactAttribute
{
    public PodFactAttribute() => Skip = DockerRequirements.Missing;
}

/// <inheritdoc cref="PodFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodTheoryAttribute : TheoryAttribute
{
    public PodTheoryAttribute() => Skip = DockerRequirements.Missing;
}
