namespace Bench.Harness;

/// <summary>Our value divided by the peer's, over several pairs of runs.</summary>
internal readonly record struct Ratio(double Median, double Min, double Max, int Pairs);
