namespace EndToEnd;

/// <summary>
/// Scenario 3 of the lesson: each faulty Pod has the READY count of its text, ships nothing, and the sidecar reports the fault.
/// </summary>
[Collection(OnePodAtATime.Name)]
public sealed class TroubleshootingTests : IDisposable
{
    // Root can read every file. Root without capabilities is an ordinary user, as in a container.
    private static readonly string[] AsOrdinaryUser =
        Environment.IsPrivilegedProcess ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] : [];

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Wrong_mount_path_is_reported_with_a_remedy()
    {
        await using var pod = await LabManifest.StartPodAsync("troubleshooting/wrong-mount-path.yaml");
        await LabManifest.SendInferenceAsync(_client);

        await LabManifest.WaitForProblemAsync(_client, "/var/log/agent", "ount");
        Assert.Empty(pod.ReadShippedLines());
        await pod.StopAsync();
    }

    [RequiresFact("setpriv")]
    public async Task Wrong_permission_is_reported_with_user_id_and_mode()
    {
        const string Manifest = "troubleshooting/wrong-permission.yaml";
        var (name, ready, _) = LabManifest.ReadExpectedRow(Manifest);
        await using var pod = await RunningPod.StartAsync(["k8s/labs/" + Manifest], name, ready, AsOrdinaryUser);
        await LabManifest.SendInferenceAsync(_client);

        await LabManifest.WaitForProblemAsync(_client, "requests.log", "uid", "fsGroup");
        await LabManifest.WaitForProblemAsync(_client, "mode 0200", "fsGroup");
        Assert.Empty(pod.ReadShippedLines());
        await pod.StopAsync();
    }

    [Fact]
    public async Task Corrected_credential_delivers_the_waiting_lines_without_a_restart()
    {
        const string Manifest = "troubleshooting/wrong-credential.yaml";
        const string Rejection = """{"errors":[{"status":"403","title":"Forbidden","detail":"API key is invalid"}]}""";
        var port = FreePort.FindUnused();
        await using var store = await StubServer.StartAsync(port, request => HasValidKey(request) ? (202, "{}") : (403, Rejection));
        var manifest = LabManifest.CopyManifest(
            Manifest, _directory, ("https://http-intake.logs.datadoghq.com", $"http://localhost:{port}"));
        var (name, ready, _) = LabManifest.ReadExpectedRow(Manifest);
        await using var pod = await RunningPod.StartAsync([manifest], name, ready);
        var id = await LabManifest.SendInferenceAsync(_client);

        await LabManifest.WaitForProblemAsync(_client, "403", "credentials");
        Assert.DoesNotContain(store.Requests, request => request.Status == 202);

        // Applies the Secret of the solution, as `kubectl apply` would.
        var solution = LabManifest.ReadManifest("troubleshooting/solutions/wrong-credential.yaml");
        Assert.Contains("api-key: your-own-api-key", solution, StringComparison.Ordinal);
        LabManifest.ReplaceText(manifest, ("a-key-that-was-revoked", "your-own-api-key"));
        await Eventually.AssertAsync(
            () => store.Requests.Any(request => request.Status == 202 && request.Body.Contains(id, StringComparison.Ordinal)),
            () => pod.Lab.DescribeOutput());
        await pod.StopAsync();
    }

    [Fact]
    public async Task Solution_of_the_wrong_credential_delivers_the_agents_lines()
    {
        const string Manifest = "troubleshooting/solutions/wrong-credential.yaml";
        var port = FreePort.FindUnused();
        await using var store = await StubServer.StartAsync(port, request => HasValidKey(request) ? (202, "{}") : (403, "{}"));
        var manifest = LabManifest.CopyManifest(
            Manifest, _directory, ("https://http-intake.logs.datadoghq.com", $"http://localhost:{port}"));
        var (name, ready, _) = LabManifest.ReadExpectedRow(Manifest);
        await using var pod = await RunningPod.StartAsync([manifest], name, ready);

        var id = await LabManifest.SendInferenceAsync(_client);

        await Eventually.AssertAsync(
            () => store.Requests.Any(request => request.Body.Contains(id, StringComparison.Ordinal)), () => pod.Lab.DescribeOutput());
        Assert.All(store.Requests, request => Assert.Equal(202, request.Status));
        await pod.StopAsync();
    }

    private static bool HasValidKey(StubRequest request) => request.ReadHeader("DD-API-KEY") == "your-own-api-key";
}
