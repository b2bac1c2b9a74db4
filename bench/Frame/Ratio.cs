namespace Bench.Frame;

/// <summary>Ours to the peer's over several pairs of runs.</summary>
internal readonly record struct Ratio(double Median, double Min, double Max, int Pairs);
