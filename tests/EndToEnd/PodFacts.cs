namespace EndToEnd;

/// <summary>A contract test. Here the Pod runs in the lab, which requires only the .NET SDK.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodFactAttribute : FactAttribute;

/// <inheritdoc cref="PodFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodTheoryAttribute : TheoryAttribute;
