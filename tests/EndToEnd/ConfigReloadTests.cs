using System.Net;
using System.Text;
using System.Text.Json;

namespace EndToEnd;

/// <summary>k8s/labs/agent-config-reload.yaml: an edit of the ConfigMap reaches a running agent through the config reloader.</summary>
[Collection(OnePodAtATime.Name)]
public sealed class ConfigReloadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Edited_ConfigMap_changes_the_agents_behavior_without_a_restart()
    {
        var manifest = LabManifest.CopyManifest("agent-config-reload.yaml", _directory);
        await using var pod = await RunningPod.StartAsync(manifest, "agent-config-reload", "2/2");
        var process = Assert.Single(PodProcesses.FindContainers("Agent.dll"));
        Assert.Equal(HttpStatusCode.OK, await SendInferenceAsync());

        LabManifest.ReplaceText(manifest, ("\"MaxTextChars\": 10000", "\"MaxTextChars\": 10"));
        await WaitForStatusAsync(HttpStatusCode.UnprocessableEntity, pod);
        await WaitForPhaseAsync("in_step");

        // A rejected configuration changes nothing, and the reloader reports the agent's own error.
        LabManifest.ReplaceText(manifest, ("\"MaxTextChars\": 10", "\"MaxTextChars\": -1"));
        await WaitForPhaseAsync("rejected");
        Assert.Contains(
            "Inference:MaxTextChars", (await ReadWatchAsync()).GetProperty("last_result").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await SendInferenceAsync());

        LabManifest.ReplaceText(manifest, ("\"MaxTextChars\": -1", "\"MaxTextChars\": 1000"));
        await WaitForStatusAsync(HttpStatusCode.OK, pod);

        Assert.Equal([process], PodProcesses.FindContainers("Agent.dll"));
        await pod.StopAsync();
    }

    private async Task<HttpStatusCode> SendInferenceAsync()
    {
        using var body = new StringContent("""{"text":"what a lovely day"}""", Encoding.UTF8, "application/json");
        using var response = await _client.PostAsync(new Uri("http://localhost:8000/inference"), body);
        return response.StatusCode;
    }

    private Task WaitForStatusAsync(HttpStatusCode expected, RunningPod pod) => Eventually.AssertAsync(
        async () => await SendInferenceAsync() == expected, () => $"status {expected}. {pod.Lab.DescribeOutput()}");

    private async Task<JsonElement> ReadWatchAsync()
    {
        using var status = JsonDocument.Parse(await _client.GetStringAsync(new Uri("http://localhost:8004/statusz")));
        return status.RootElement.GetProperty("watches").EnumerateObject().Single().Value.Clone();
    }

    private Task WaitForPhaseAsync(string phase) => Eventually.AssertAsync(
        async () => (await ReadWatchAsync()).GetProperty("phase").GetString() == phase, () => $"phase {phase}");
}
