namespace LogTailer.Flow;

/// <summary>The pipelines of this process, one a sink.</summary>
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
