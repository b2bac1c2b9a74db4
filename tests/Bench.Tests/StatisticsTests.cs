using Bench.Frame;

namespace Bench.Tests;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3.0)]
    [InlineData(new[] { 5.0, 1.0, 3.0 }, 3.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 100.0 }, 3.0)]
    public void The_median_is_the_middle(double[] values, double expected) => Assert.Equal(expected, Statistics.Median(values));

    [Fact]
    public void The_median_of_nothing_does_not_exist() => Assert.Throws<ArgumentException>(() => Statistics.Median([]));

    [Fact]
    public void Ratios_are_taken_pair_by_pair()
    {
        // The machine was twice as slow in the second pair, for both: no pair shows another ratio.
        var ratio = Statistics.PairwiseRatio([1, 2, 1], [2, 4, 2]);

        Assert.Equal(new Ratio(0.5, 0.5, 0.5, 3), ratio);
    }

    [Fact]
    public void The_spread_is_that_of_the_ratios_and_not_of_the_runs() =>
        Assert.Equal(new Ratio(2, 1, 4, 3), Statistics.PairwiseRatio([10, 20, 40], [10, 10, 10]));

    [Fact]
    public void A_pair_that_lacks_a_value_does_not_count() =>
        Assert.Equal(new Ratio(3, 3, 3, 1), Statistics.PairwiseRatio([null, 3, 4, 5], [1, 1, null, 0]));

    [Fact]
    public void Without_a_pair_there_is_no_ratio() => Assert.Null(Statistics.PairwiseRatio([1, null], [null, 2]));
}
