namespace LogTailer.Transform;

/// <summary>Holds the transform of one sink. A reload replaces it between two lines.</summary>
/// <param name="transform">The initial transform; null when lines are shipped unchanged.</param>
internal sealed class TransformSlot(LineTransform? transform)
{
    private volatile LineTransform? _current = transform;

    public LineTransform? Current { get => _current; set => _current = value; }
}
