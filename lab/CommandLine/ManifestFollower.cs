using System.Text.Json.Nodes;
using Lab.Containers;
using Lab.Manifests;
using Lab.Nodes;
using Lab.Output;

namespace Lab.CommandLine;

/// <summary>
/// Reads the manifests again while their Pod runs. A changed ConfigMap or Secret is applied to the mounted files, as
/// <c>kubectl apply</c> and the kubelet would do it. Any other change requires a restart of the lab, and a message says so.
/// </summary>
/// <param name="files">The files, as named by the user.</param>
/// <param name="texts">Their content at the start.</param>
/// <param name="manifests">The objects at the start.</param>
/// <param name="clock">The clock.</param>
internal sealed class ManifestFollower(
    IReadOnlyList<string> files, IReadOnlyList<(string File, string Text)> texts, ManifestSet manifests, TimeProvider clock)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(300);

    private ManifestSet _applied = manifests;

    /// <summary>Runs until canceled. Never fails: a manifest with a mistake is reported, and the Pod keeps what it has.</summary>
    public async Task FollowManifestsAsync(LocalNode node, OutputWriter output, CancellationToken cancellationToken)
    {
        var (applied, previous) = (texts, texts);
        using var timer = new PeriodicTimer(CheckInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (TryReadFiles() is not { } current)
                {
                    // Some editors move a file away before they write the new version.
                    continue;
                }

                // Equal in two consecutive reads: the editor has finished writing.
                var isStable = current.SequenceEqual(previous);
                previous = current;
                if (isStable && !current.SequenceEqual(applied))
                {
                    applied = current;
                    ApplyChanges(current, node, output);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The Pod has finished.
        }
    }

    private IReadOnlyList<(string File, string Text)>? TryReadFiles()
    {
        try
        {
            return ManifestFiles.ReadFiles(files);
        }
        catch (UsageException)
        {
            return null;
        }
    }

    private void ApplyChanges(IReadOnlyList<(string File, string Text)> changed, LocalNode node, OutputWriter output)
    {
        try
        {
            var next = ManifestSet.ReadManifests(changed);
            foreach (var (name, configMap) in next.ConfigMaps)
            {
                if (!AreEqual(_applied.ConfigMaps.GetValueOrDefault(name)?.GetContent(), configMap.GetContent()))
                {
                    node.UpdateConfigMap(configMap);
                    output.WriteMessage($"ConfigMap {name} has changed: updated the mounted files");
                }
            }

            foreach (var (name, secret) in next.Secrets)
            {
                if (!AreEqual(_applied.Secrets.GetValueOrDefault(name)?.GetContent(), secret.GetContent()))
                {
                    node.UpdateSecret(secret);
                    output.WriteMessage($"Secret {name} has changed: updated the mounted files");
                }
            }

            if (!AreEqual(_applied.Workloads, next.Workloads))
            {
                output.WriteMessage("the Pod has changed in its manifest: restart the lab to apply the change");
            }

            _applied = next;
        }
        catch (Exception exception) when (exception is ManifestException or MountException)
        {
            output.WriteMessage($"the changed manifest is not applied: {exception.Message}");
        }
    }

    private static bool AreEqual(IReadOnlyDictionary<string, byte[]>? left, IReadOnlyDictionary<string, byte[]> right) =>
        left is not null
        && left.Count == right.Count
        && left.All(entry => right.TryGetValue(entry.Key, out var bytes) && bytes.AsSpan().SequenceEqual(entry.Value));

    private static bool AreEqual(IReadOnlyList<Workload> left, IReadOnlyList<Workload> right) =>
        left.Count == right.Count
        && left.Zip(right).All(pair => JsonNode.DeepEquals(pair.First.Origin.Json, pair.Second.Origin.Json));
}
