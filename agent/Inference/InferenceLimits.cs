namespace Agent.Inference;

/// <summary>The bounds in force and the gate that keeps them: swapped as one by a reload, so that no request sees half of a change.</summary>
internal sealed class InferenceLimits(InferenceOptions options)
{
    public InferenceOptions Options => options;

    public AdmissionGate Gate { get; } = new(options.MaxConcurrency, options.QueueLimit);
}
