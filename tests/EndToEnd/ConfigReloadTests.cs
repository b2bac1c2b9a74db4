using System.Net;
using System.Text;
using System.Text.Json;
using TestKit;

namespace EndToEnd;

/// <summary>k8s/labs/agent-config-reload.yaml: an edit of the ConfigMap reaches a running agent through the config reloader.</summary>
[Collection(OnePodAtATime.Name)]
public sealed class ConfigReloadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();

    private string Manifest => _directory["agent-config-reload.yaml"];

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Editing_the_ConfigMap_changes_what_the_agent_does_without_a_restart()
    {
        await File.WriteAllTextAsync(Manifest, await File.ReadAllTextAsync(Path.Combine(RunningPod.Repository, "k8s/labs/agent-config-reload.yaml")));
        await using var pod = await RunningPod.StartAsync(Manifest, "agent-config-reload", "2/2");
        var process = Assert.Single(RunningPod.ProcessesOf("Agent.dll"));
        Assert.Equal(HttpStatusCode.OK, await InferAsync());

        await EditAsync("\"MaxTextChars\": 10000", "\"MaxTextChars\": 10");
        await AnswersAsync(HttpStatusCode.UnprocessableEntity, pod);
        await PhaseAsync("in_step");

        // What the agent refuses changes nothing, and the reloader has the agent's own words.
        await EditAsync("\"MaxTextChars\": 10", "\"MaxTextChars\": -1");
        await PhaseAsync("refused");
        Assert.Contains("Inference:MaxTextChars", (await WatchAsync()).GetProperty("last_result").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await InferAsync());

        await EditAsync("\"MaxTextChars\": -1", "\"MaxTextChars\": 1000");
        await AnswersAsync(HttpStatusCode.OK, pod);

        Assert.Equal([process], RunningPod.ProcessesOf("Agent.dll"));
        pod.Lab.Terminate();
        Assert.Equal(0, await pod.Lab.ExitAsync());
    }

    private async Task EditAsync(string old, string @new)
    {
        var text = await File.ReadAllTextAsync(Manifest);
        Assert.Contains(old, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Manifest, text.Replace(old, @new, StringComparison.Ordinal));
    }

    private async Task<HttpStatusCode> InferAsync()
    {
        using var body = new StringContent("""{"text":"what a lovely day"}""", Encoding.UTF8, "application/json");
        using var response = await _client.PostAsync(new Uri("http://localhost:8000/inference"), body);
        return response.StatusCode;
    }

    private Task AnswersAsync(HttpStatusCode expected, RunningPod pod) => Eventually.HoldsAsync(
        async () => await InferAsync() == expected, () => $"{expected}; the lab says:\n{string.Join('\n', pod.Lab.Output.TakeLast(20))}");

    private async Task<JsonElement> WatchAsync()
    {
        using var status = JsonDocument.Parse(await _client.GetStringAsync(new Uri("http://localhost:8004/statusz")));
        return status.RootElement.GetProperty("watches").EnumerateObject().Single().Value.Clone();
    }

    private Task PhaseAsync(string phase) => Eventually.HoldsAsync(
        async () => (await WatchAsync()).GetProperty("phase").GetString() == phase, () => $"phase {phase}");
}
