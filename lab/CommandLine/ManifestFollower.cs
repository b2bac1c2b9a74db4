using System.Text.Json.Nodes;
using Lab.Containers;
using Lab.Containers.Local;
using Lab.Objects;
using Lab.Output;

namespace Lab.CommandLine;

/// <summary>
/// Reads the manifests again while their Pod runs: a ConfigMap or Secret that was edited reaches the files that are mounted
/// from it, as <c>kubectl apply</c> and the kubelet would bring it there. Everything else takes a new start, and is said.
/// </summary>
/// <param name="files">Which files, as the user named them.</param>
/// <param name="texts">What they held at the start.</param>
/// <param name="manifests">The same, understood.</param>
/// <param name="clock">The time.</param>
internal sealed class ManifestFollower(
    IReadOnlyList<string> files, IReadOnlyList<(string File, string Text)> texts, ManifestSet manifests, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    private ManifestSet _applied = manifests;

    /// <summary>Goes on until cancelled. Never fails: what cannot be used is said, and the Pod keeps what it has.</summary>
    public async Task RunAsync(LocalSandbox sandbox, OutputWriter output, CancellationToken cancellationToken)
    {
        var (applied, seen) = (texts, texts);
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (TryRead() is not { } now)
                {
                    // Some editors move a file away before they write it anew.
                    continue;
                }

                // Twice the same: nobody is in the middle of writing it.
                var settled = now.SequenceEqual(seen);
                seen = now;
                if (settled && !now.SequenceEqual(applied))
                {
                    applied = now;
                    Apply(now, sandbox, output);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The Pod has ended.
        }
    }

    private IReadOnlyList<(string File, string Text)>? TryRead()
    {
        try
        {
            return ManifestFiles.Read(files);
        }
        catch (UsageException)
        {
            return null;
        }
    }

    private void Apply(IReadOnlyList<(string File, string Text)> changed, LocalSandbox sandbox, OutputWriter output)
    {
        try
        {
            var next = ManifestSet.Read(changed);
            foreach (var (name, configMap) in next.ConfigMaps)
            {
                if (!AreEqual(_applied.ConfigMaps.GetValueOrDefault(name)?.Content(), configMap.Content()))
                {
                    sandbox.Update(configMap);
                    output.Say($"ConfigMap {name} has changed: the files that are mounted from it are updated");
                }
            }

            foreach (var (name, secret) in next.Secrets)
            {
                if (!AreEqual(_applied.Secrets.GetValueOrDefault(name)?.Content(), secret.Content()))
                {
                    sandbox.Update(secret);
                    output.Say($"Secret {name} has changed: the files that are mounted from it are updated");
                }
            }

            if (!AreEqual(_applied.Workloads, next.Workloads))
            {
                output.Say("the Pod itself has changed in its manifest: that takes a new start of the lab");
            }

            _applied = next;
        }
        catch (Exception exception) when (exception is ManifestException or MountException)
        {
            output.Say($"the changed manifest is not applied: {exception.Message}");
        }
    }

    private static bool AreEqual(IReadOnlyDictionary<string, byte[]>? one, IReadOnlyDictionary<string, byte[]> other) =>
        one is not null
        && one.Count == other.Count
        && one.All(entry => other.TryGetValue(entry.Key, out var bytes) && bytes.AsSpan().SequenceEqual(entry.Value));

    private static bool AreEqual(IReadOnlyList<Workload> one, IReadOnlyList<Workload> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => JsonNode.DeepEquals(pair.First.Origin.Json, pair.Second.Origin.Json));
}
