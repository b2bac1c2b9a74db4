namespace Agent.Inference;

/// <summary>
/// The limits and the gate that enforces them. A reload replaces both at once, so that every request sees a consistent pair.
/// </summary>
internal sealed class InferenceLimits(InferenceOptions options)
{
    public InferenceOptions Options => options;

    public AdmissionGate Gate { get; } = new(options.MaxConcurrency, options.QueueLimit);
}
