namespace Hosting.Health;

/// <summary>A look at the world that the process will meet, for its <c>check</c> verb.</summary>
public interface ICheck
{
    /// <summary>What was found, good and bad, as it is found.</summary>
    IAsyncEnumerable<Finding> CheckEnvironmentAsync(CancellationToken cancellationToken);
}
