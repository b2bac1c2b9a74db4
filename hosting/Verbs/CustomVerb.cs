namespace Hosting.Verbs;

/// <summary>A verb that a program adds to <c>check</c> and <c>healthcheck</c>.</summary>
/// <param name="Usage">The verb's line in the help text.</param>
/// <param name="RunAsync">Runs the verb with the arguments that follow it, and returns the exit code.</param>
internal sealed record CustomVerb(string Usage, Func<string[], CancellationToken, Task<int>> RunAsync);
