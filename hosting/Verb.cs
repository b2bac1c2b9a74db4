namespace Hosting;

/// <summary>A verb of the program's own.</summary>
internal sealed record Verb(string Usage, Func<string[], CancellationToken, Task<int>> RunAsync);
