namespace Hosting.Health;

/// <summary>Checks a part of the process's environment for the <c>check</c> verb.</summary>
public interface ICheck
{
    /// <summary>Returns each finding as soon as it is known, good ones included.</summary>
    IAsyncEnumerable<Finding> CheckEnvironmentAsync(CancellationToken cancellationToken);
}
