using System.Runtime.CompilerServices;
using ConfigReloader.Rendering;

namespace ConfigReloader.Watching;

/// <summary>What the <c>check</c> verb says of each watch: nobody is told anything, nothing is written.</summary>
internal sealed class WatchCheck(ConfigReloaderOptions options, WatchFactory factory) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (name, watch) in options.Watches.OrderBy(watch => watch.Key, StringComparer.Ordinal))
        {
            var parts = factory.Parts(name, watch);
            var (snapshot, finding) = Read(parts, cancellationToken);
            yield return finding;

            if (MountedFile.Holds(parts.Source))
            {
                yield return Finding.Warning(
                    name,
                    $"{parts.Source.Path} is mounted by subPath, which a kubelet never updates.",
                    "Mount the whole volume as a directory.");
            }

            if (parts.Renderer is { } renderer && snapshot is not null)
            {
                yield return Preview(name, renderer, snapshot);
            }

            if (parts.Target is { } target)
            {
                yield return await target.ProbeAsync(cancellationToken) is { } failure
                    ? Finding.Failure(name, $"{target.Description}: {failure.Message}.", failure.Remedy)
                    : Finding.Ok(name, $"{target.Description}: could be told now.");
            }
        }
    }

    private static (Snapshot? Snapshot, Finding Finding) Read(WatchParts parts, CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = parts.Source.Read(parts.Renderer is not null, cancellationToken);
            return (snapshot, Finding.Ok(parts.Name, $"{parts.Source.Path}: {snapshot.Files.Count} files, {snapshot.Fingerprint}."));
        }
        catch (SourceUnreadableException unreadable)
        {
            return (null, Finding.Failure(parts.Name, unreadable.Message + ".", unreadable.Remedy));
        }
    }

    private static Finding Preview(string name, Renderer renderer, Snapshot snapshot)
    {
        try
        {
            var files = renderer.Preview(snapshot);
            return Finding.Ok(name, $"{files.Count} files can be rendered to {renderer.Output.Path}.");
        }
        catch (RenderRefusedException refused)
        {
            return Finding.Failure(
                name, refused.Message + ".", "Set the variable in this container, or write $$(NAME) where the text itself is meant.");
        }
    }
}
