using TestKit;

namespace EndToEnd;

/// <summary>The lesson's scenario 3: each faulty Pod is as READY as its text says, ships nothing, and the sidecar names the fault.</summary>
[Collection(OnePodAtATime.Name)]
public sealed class TroubleshootingTests : IDisposable
{
    // As root nothing is unreadable. Root without its capabilities is a user like any other, as in a container.
    private static readonly string[] AsOrdinaryUser = Environment.IsPrivilegedProcess ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] : [];

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_wrong_mount_path_is_named_with_what_lies_beside_it()
    {
        await using var pod = await LessonPods.StartAsync("troubleshooting/wrong-mount-path.yaml");
        await LessonPods.InferAsync(_client);

        await ProblemAsync("/var/log/agent does not exist", "Mount the volume");
        Assert.Empty(pod.ShippedLines());
        await LessonPods.StopAsync(pod);
    }

    [RequiresFact("setpriv")]
    public async Task A_wrong_permission_is_named_with_owner_and_mode()
    {
        var (name, ready, _) = LessonPods.Shown("troubleshooting/wrong-permission.yaml");
        await using var pod = await RunningPod.StartAsync(["k8s/labs/troubleshooting/wrong-permission.yaml"], name, ready, AsOrdinaryUser);
        await LessonPods.InferAsync(_client);

        await ProblemAsync("requests.log cannot be read by uid", "fsGroup");
        await ProblemAsync("has mode 0200", "fsGroup");
        Assert.Empty(pod.ShippedLines());
        await LessonPods.StopAsync(pod);
    }

    [Fact]
    public async Task A_wrong_credential_is_named_with_the_stores_answer_and_a_right_one_mends_it_while_all_run()
    {
        var port = FreePort.Take();
        await using var store = await StubServer.StartAsync(port, r => r.Header("DD-API-KEY") == "your-own-api-key"
            ? (202, "{}")
            : (403, """{"errors":[{"status":"403","title":"Forbidden","detail":"API key is invalid"}]}"""));
        var manifest = LessonPods.Copy("troubleshooting/wrong-credential.yaml", _directory, ("https://http-intake.logs.datadoghq.com", $"http://localhost:{port}"));
        var (name, ready, _) = LessonPods.Shown("troubleshooting/wrong-credential.yaml");
        await using var pod = await RunningPod.StartAsync([manifest], name, ready);
        var id = await LessonPods.InferAsync(_client);

        await ProblemAsync("(403). It says", "credentials");
        Assert.DoesNotContain(store.Requests, r => r.Status == 202);

        // The solution's Secret, brought in as `kubectl apply` would.
        Assert.Contains("api-key: your-own-api-key", LessonPods.Read("troubleshooting/solutions/wrong-credential.yaml"), StringComparison.Ordinal);
        LessonPods.Edit(manifest, ("a-key-that-was-revoked", "your-own-api-key"));
        await Eventually.HoldsAsync(() => store.Requests.Any(r => r.Status == 202 && r.Body.Contains(id, StringComparison.Ordinal)), () => string.Join('\n', pod.Lab.Output.TakeLast(20)));
        await LessonPods.StopAsync(pod);
    }

    [Fact]
    public async Task The_solution_of_a_wrong_credential_ships_what_the_agent_writes()
    {
        const string Manifest = "troubleshooting/solutions/wrong-credential.yaml";
        var port = FreePort.Take();
        await using var store = await StubServer.StartAsync(port, r => r.Header("DD-API-KEY") == "your-own-api-key" ? (202, "{}") : (403, "{}"));
        var (name, ready, _) = LessonPods.Shown(Manifest);
        await using var pod = await RunningPod.StartAsync([LessonPods.Copy(Manifest, _directory, ("https://http-intake.logs.datadoghq.com", $"http://localhost:{port}"))], name, ready);

        var id = await LessonPods.InferAsync(_client);

        await Eventually.HoldsAsync(() => store.Requests.Any(r => r.Body.Contains(id, StringComparison.Ordinal)), () => string.Join('\n', pod.Lab.Output.TakeLast(20)));
        Assert.All(store.Requests, r => Assert.Equal(202, r.Status));
        await LessonPods.StopAsync(pod);
    }

    private async Task ProblemAsync(string what, string remedy)
    {
        var last = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                var problems = await LessonPods.ProblemsAsync(_client);
                last = string.Join('\n', problems.Select(p => $"{p.What} {p.Remedy}"));
                return problems.Any(p => p.What.Contains(what, StringComparison.Ordinal) && p.Remedy.Contains(remedy, StringComparison.Ordinal));
            },
            () => last);
    }
}
