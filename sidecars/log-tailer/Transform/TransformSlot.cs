namespace LogTailer.Transform;

/// <summary>What one sink does to its lines; exchanged between two lines when the configuration is taken anew.</summary>
/// <param name="transform">What to begin with; null where lines are to stay as they are.</param>
internal sealed class TransformSlot(LineTransform? transform)
{
    private volatile LineTransform? _current = transform;

    public LineTransform? Current { get => _current; set => _current = value; }
}
