namespace Agent.Models.Loading;

/// <summary>Loads the model again with every reload, even from an unchanged path, because the file's content may have changed.</summary>
internal sealed partial class ModelReload(ModelSlot slot, TimeProvider time, ILogger<ModelReload> logger)
{
    /// <exception cref="ConfigurationException">The model cannot be loaded; the current one stays in use.</exception>
    public Action PrepareReload(ModelOptions next)
    {
        var model = ModelLoader.LoadModel(next, time);
        return () =>
        {
            Log.ModelReplaced(logger, slot.Current.Name, model.Name);
            slot.SwapModel(model);
        };
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Information, "Model {Old} replaced by {New}; requests in progress complete on the old model")]
        public static partial void ModelReplaced(ILogger logger, string old, string @new);
    }
}
