namespace Agent.Tests.Support;

/// <summary>One agent with default options, shared by the tests of a class.</summary>
public sealed class SharedAgent : IAsyncLifetime
{
    internal RunningAgent Agent { get; private set; } = null!;

    public async Task InitializeAsync() => Agent = await RunningAgent.StartAsync();

    public async Task DisposeAsync() => await Agent.DisposeAsync();
}
