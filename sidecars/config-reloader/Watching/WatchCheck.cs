using System.Runtime.CompilerServices;
using ConfigReloader.Rendering;
using ConfigReloader.Sources;

namespace ConfigReloader.Watching;

/// <summary>The <c>check</c> verb for each watch. It notifies no target and writes nothing.</summary>
internal sealed class WatchCheck(IReadOnlyDictionary<string, WatchOptions> watches, WatchFactory factory) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (name, options) in watches.OrderBy(watch => watch.Key, StringComparer.Ordinal))
        {
            var parts = factory.CreateParts(name, options);
            var (snapshot, finding) = CheckSource(parts, cancellationToken);
            yield return finding;

            if (SubPathMount.IsMountedBySubPath(parts.Source))
            {
                yield return Finding.Warning(
                    name,
                    $"{parts.Source.Path} is mounted by subPath, which the kubelet never updates.",
                    "Mount the whole volume as a directory.");
            }

            if (parts.Renderer is { } renderer && snapshot is not null)
            {
                yield return CheckRendering(name, renderer, snapshot);
            }

            if (parts.Target is { } target)
            {
                yield return await target.CheckReachabilityAsync(cancellationToken) is { } failure
                    ? Finding.Failure(name, $"{target.Description}: {failure.Message}.", failure.Remedy)
                    : Finding.Ok(name, $"{target.Description}: reachable.");
            }
        }
    }

    private static (SourceSnapshot? Snapshot, Finding Finding) CheckSource(WatchParts parts, CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = parts.Source.ReadSnapshot(parts.Renderer is not null, cancellationToken);
            return (snapshot, Finding.Ok(parts.Name, $"{parts.Source.Path}: {snapshot.Files.Count} files, {snapshot.Fingerprint}."));
        }
        catch (SourceUnreadableException exception)
        {
            return (null, Finding.Failure(parts.Name, exception.Message + ".", exception.Remedy));
        }
    }

    private static Finding CheckRendering(string name, Renderer renderer, SourceSnapshot snapshot)
    {
        try
        {
            var files = renderer.RenderInMemory(snapshot);
            return Finding.Ok(name, $"{files.Count} files can be rendered to {renderer.Output.Path}.");
        }
        catch (UnknownVariablesException exception)
        {
            return Finding.Failure(name, exception.Message + ".", UnknownVariablesException.Remedy);
        }
    }
}
