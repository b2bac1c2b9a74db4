using MetricsRelay.Exposition;

namespace MetricsRelay.Tests.Exposition;

public sealed class SeriesIdentityHasherTests
{
    private readonly SeriesIdentityHasher _hasher = new();

    [Fact]
    public void Order_of_labels_and_empty_labels_do_not_change_the_identity()
    {
        var identity = _hasher.ComputeIdentity("a", [new("x", "1"), new("y", "2")], MetricType.Gauge);

        Assert.Equal(identity, _hasher.ComputeIdentity("a", [new("y", "2"), new("z", ""), new("x", "1")], MetricType.Gauge));
    }

    [Fact]
    public void Different_names_labels_and_types_have_different_identities()
    {
        (ulong, ulong)[] identities =
        [
            _hasher.ComputeIdentity("a", [new("x", "1")], MetricType.Gauge),
            _hasher.ComputeIdentity("b", [new("x", "1")], MetricType.Gauge),
            _hasher.ComputeIdentity("a", [new("x", "2")], MetricType.Gauge),
            _hasher.ComputeIdentity("a", [new("x1", "")], MetricType.Gauge),
            _hasher.ComputeIdentity("a", [new("x", "1")], MetricType.Counter),
        ];

        Assert.Equal(identities.Length, identities.Distinct().Count());
    }
}
