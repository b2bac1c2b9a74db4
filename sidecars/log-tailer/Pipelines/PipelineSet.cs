namespace LogTailer.Pipelines;

/// <summary>The pipelines of this process, one per sink.</summary>
internal sealed class PipelineSet(IReadOnlyList<Pipeline> pipelines) : IAsyncDisposable
{
    public IReadOnlyList<Pipeline> All => pipelines;

    public async ValueTask DisposeAsync()
    {
        foreach (var pipeline in pipelines)
        {
            await pipeline.DisposeAsync();
        }
    }
}
