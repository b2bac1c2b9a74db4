namespace EndToEnd;

/// <summary>A test of the contract: here the Pod runs in the lab, which needs nothing but the SDK.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodFactAttribute : FactAttribute;

/// <inheritdoc cref="PodFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodTheoryAttribute : TheoryAttribute;
