namespace Bench.Frame;

/// <summary>A run that could not be done; its message goes into the report as the reason.</summary>
internal sealed class BenchException(string message) : Exception(message);
