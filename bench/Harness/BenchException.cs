namespace Bench.Harness;

/// <summary>A run that failed; the message is the reason in the report.</summary>
internal sealed class BenchException(string message) : Exception(message);
