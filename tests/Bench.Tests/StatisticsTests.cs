using Bench.Harness;

namespace Bench.Tests;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3.0)]
    [InlineData(new[] { 5.0, 1.0, 3.0 }, 3.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 100.0 }, 3.0)]
    public void Median_is_the_middle_value(double[] values, double expected) => Assert.Equal(expected, Statistics.ComputeMedian(values));

    [Fact]
    public void Median_of_no_values_is_an_error() => Assert.Throws<ArgumentException>(() => Statistics.ComputeMedian([]));

    [Fact]
    public void Ratios_are_computed_pair_by_pair()
    {
        // The machine was half as fast in the second pair, for both contenders: the ratio is the same.
        var ratio = Statistics.ComputePairwiseRatio([1, 2, 1], [2, 4, 2]);

        Assert.Equal(new Ratio(0.5, 0.5, 0.5, 3), ratio);
    }

    [Fact]
    public void Range_is_computed_from_the_ratios_and_not_from_the_runs() =>
        Assert.Equal(new Ratio(2, 1, 4, 3), Statistics.ComputePairwiseRatio([10, 20, 40], [10, 10, 10]));

    [Fact]
    public void Pair_without_both_values_is_left_out() =>
        Assert.Equal(new Ratio(3, 3, 3, 1), Statistics.ComputePairwiseRatio([null, 3, 4, 5], [1, 1, null, 0]));

    [Fact]
    public void Ratio_is_null_without_a_complete_pair() => Assert.Null(Statistics.ComputePairwiseRatio([1, null], [null, 2]));
}
