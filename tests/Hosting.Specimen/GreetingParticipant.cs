namespace Specimen;

internal sealed class GreetingParticipant : IReloadParticipant<SpecimenOptions>
{
    public IReadOnlyCollection<string> Keys { get; } = ["Greeting"];

    public ValueTask<Action> PrepareAsync(SpecimenOptions next, CancellationToken cancellationToken) =>
        next.Greeting == "reject me"
            ? throw new ConfigurationException("Greeting", next.Greeting, "is rejected. Choose another one.")
            : ValueTask.FromResult<Action>(static () => { });
}
