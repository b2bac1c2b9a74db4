namespace TlsProxy.Tests.Grpc;

/// <summary>A test with a real gRPC client and server, those of Debian's package for Python.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GrpcTheoryAttribute : TheoryAttribute
{
    public GrpcTheoryAttribute()
    {
        if (!GrpcPeer.IsAvailable)
        {
            Skip = GrpcPeer.SkipReason;
        }
    }
}
