namespace Agent.Models;

/// <summary>Takes the model anew with every reload, even from an unchanged path: the file behind it may be another one.</summary>
internal sealed partial class ModelReload(ModelSlot slot, TimeProvider time, ILogger<ModelReload> logger) : IReloadParticipant<AgentOptions>
{
    public IReadOnlyCollection<string> Keys { get; } = ["Model"];

    public ValueTask<Action> PrepareAsync(AgentOptions next, CancellationToken cancellationToken)
    {
        var model = ModelLoader.Load(next.Model, time);
        return ValueTask.FromResult(() =>
        {
            Log.Swapped(logger, slot.Current.Name, model.Name);
            slot.Swap(model);
        });
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Information, "Model {Old} replaced by {New}; requests under way finish on the old one")]
        public static partial void Swapped(ILogger logger, string old, string @new);
    }
}
