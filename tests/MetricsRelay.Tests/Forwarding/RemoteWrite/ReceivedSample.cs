using static MetricsRelay.Tests.Protos.RemoteWriteV2.Metadata.Types;

namespace MetricsRelay.Tests.Forwarding.RemoteWrite;

/// <summary>A sample that a receiver accepted.</summary>
internal sealed record ReceivedSample(string Series, double Value, long Time)
{
    /// <summary>What only version 2.0 contains.</summary>
    public (MetricType Type, string Help, string Unit, string Exemplar) Metadata { get; init; }

    public bool IsStale => BitConverter.DoubleToInt64Bits(Value) == 0x7FF0_0000_0000_0002;
}
