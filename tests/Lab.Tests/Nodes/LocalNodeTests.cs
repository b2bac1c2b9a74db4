using Lab.Containers.Local;
using Lab.Manifests;
using Lab.Nodes;
using Lab.Objects;
using Lab.Pods;
using Lab.Tests.Containers;

namespace Lab.Tests.Nodes;

public sealed class LocalNodeTests : IDisposable
{
    private const string TwoPods =
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {key: first}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: one}, spec: {volumes: [{name: c, configMap: {name: settings}}], containers: [
          {name: a, image: busybox, volumeMounts: [{name: c, mountPath: /c}], command: [sh, -c, "while sleep 0.05; do cat /c/key; echo; done"]}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: two}, spec: {volumes: [{name: c, configMap: {name: settings}}], containers: [
          {name: b, image: busybox, volumeMounts: [{name: c, mountPath: /c}], command: [sh, -c, "while sleep 0.05; do cat /c/key; echo; done"]}]}}
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly RecordedOutput _output = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Changed_ConfigMap_reaches_every_Pod_of_the_node()
    {
        var manifests = ManifestSet.ReadManifests([("pods.yaml", TwoPods)]);
        var configuration = new PodConfiguration(manifests.ConfigMaps, manifests.Secrets);
        var images = new ImageCatalog(new Dictionary<string, string>());
        using var node = new LocalNode(configuration, images, _output, TimeProvider.System, _directory.Path);
        await using var one = AddPod(node, manifests, "one");
        await using var two = AddPod(node, manifests, "two");
        Task<PodStatus>[] running = [one.RunPodAsync(), two.RunPodAsync()];
        await Eventually.AssertAsync(() => _output.LinesOf("a").Contains("first") && _output.LinesOf("b").Contains("first"));

        var data = new Dictionary<string, string> { ["key"] = "second" };
        node.UpdateConfigMap(new ConfigMap { Metadata = new() { Name = "settings" }, Data = data });

        await Eventually.AssertAsync(() => _output.LinesOf("a").Contains("second") && _output.LinesOf("b").Contains("second"));
        one.DeletePod(TimeSpan.Zero);
        two.DeletePod(TimeSpan.Zero);
        await Task.WhenAll(running).WaitAsync(Eventually.Deadline);
    }

    private static LocalPod AddPod(LocalNode node, ManifestSet manifests, string name) => node.AddPod(
        manifests.Workloads.Single(workload => workload.Pod.Metadata.Name == name).Pod, new SilentObserver(), new PodTiming());

    private sealed class SilentObserver : IPodObserver
    {
        public void OnStatusChanged(PodStatus status)
        {
        }

        public void OnEventPublished(PodAction.PublishEvent published)
        {
        }
    }
}
