using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Specimen;

internal sealed class SpecimenCheck(SpecimenOptions options) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        yield return options.LogFile is null
            ? Finding.Failure("log file", "none is set.", "Set LOG_FILE.")
            : Finding.Ok("log file", options.LogFile);
    }
}

internal sealed class SpecimenStatus : IStatusSection
{
    public string Name => "specimen";

    public JsonNode DescribeStatus() => new JsonObject { ["state"] = "well" };
}

internal sealed class Greeting : IReloadParticipant<SpecimenOptions>
{
    public IReadOnlyCollection<string> Keys { get; } = ["Greeting"];

    public ValueTask<Action> PrepareAsync(SpecimenOptions next, CancellationToken cancellationToken) =>
        next.Greeting == "refuse me"
            ? throw new ConfigurationException("Greeting", next.Greeting, "is refused. Choose another.")
            : ValueTask.FromResult<Action>(static () => { });
}
