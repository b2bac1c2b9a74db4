using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using TestKit;

namespace EndToEnd;

/// <summary>Every Pod of the lesson runs as its manifest says, and does what its manifest says.</summary>
[Collection(OnePodAtATime.Name)]
public sealed partial class LessonPodTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("agent-with-logging.yaml", "logging-sidecar")]
    [InlineData("agent-with-logging-and-metrics.yaml", "logging-sidecar")]
    [InlineData("agent-inference-logging.yaml", "log-collector")]
    [InlineData("agent-sidecar-logger.yaml", "log-tailer-sidecar")]
    [InlineData("http-logger.yaml", "sidecar-container")]
    [InlineData("troubleshooting/solutions/wrong-mount-path.yaml", "logging-sidecar")]
    [InlineData("troubleshooting/solutions/wrong-permission.yaml", "logging-sidecar")]
    public async Task The_sidecar_prints_the_agents_lines(string manifest, string sidecar)
    {
        await using var pod = await LessonPods.StartAsync(manifest);

        var id = await LessonPods.InferAsync(_client);

        await Eventually.HoldsAsync(() => pod.ShippedLines(sidecar).Any(l => l.GetProperty("request_id").GetString() == id), () => Said(pod));
        await LessonPods.StopAsync(pod);
    }

    [Theory]
    [InlineData("logger.yaml", "sidecar-container", "Hello World")]
    [InlineData("log-sidecar.yaml", "log-shipper", "\"msg\":\"request processed\"")]
    public async Task The_sidecar_prints_what_a_shell_writes(string manifest, string sidecar, string line)
    {
        await using var pod = await LessonPods.StartAsync(manifest);

        await Eventually.HoldsAsync(() => pod.Lines(sidecar).Count(l => l.Contains(line, StringComparison.Ordinal)) >= 2, () => Said(pod));
        await LessonPods.StopAsync(pod);
    }

    [Fact]
    public async Task The_Job_ends_although_its_sidecar_does_not_and_every_line_is_shipped()
    {
        var (_, ready, status) = LessonPods.Shown("agent-job.yaml");
        await using var lab = await RunningPod.StartAsync(["k8s/labs/agent-job.yaml"], "agent-job", "agent-job succeeded");

        Assert.Equal(0, await lab.Lab.ExitAsync());
        Assert.Equal(("0/2", "Completed"), (ready, status));
        var items = lab.Lines("logging-sidecar").Where(l => l.StartsWith("{\"item\":", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("item").GetInt32());
        Assert.Equal(Enumerable.Range(1, 100), items);
    }

    [Fact]
    public async Task The_TLS_proxy_serves_what_the_agent_answers()
    {
        await using var pod = await LessonPods.StartAsync("agent-with-tls-proxy.yaml");

        using var client = PodClient.Create();
        using var answer = await client.PostAsJsonAsync("/inference", new { text = "what a lovely day" });
        Assert.Equal("positive", JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("prediction").GetString());
        await LessonPods.StopAsync(pod);
    }

    [Fact]
    public async Task Lines_wait_for_a_log_store_that_comes_later_and_arrive_with_the_credential_of_the_Secret()
    {
        var port = FreePort.Take();
        var manifest = LessonPods.Copy("agent-log-forwarding.yaml", _directory, ("http://loki:3100", $"http://localhost:{port}"));
        var (name, ready, _) = LessonPods.Shown("agent-log-forwarding.yaml");
        await using var pod = await RunningPod.StartAsync([manifest], name, ready);
        string[] ids = [await LessonPods.InferAsync(_client), await LessonPods.InferAsync(_client)];

        // Without the store the Pod is ready, serves, and its status says what is wrong.
        await ProblemAsync($"localhost:{port}");
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(new Uri("http://localhost:8002/readyz"))).StatusCode);

        await using var store = await StubServer.StartAsync(port, _ => (204, ""));
        await Eventually.HoldsAsync(() => ids.All(id => store.Requests.Any(r => r.Body.Contains(id, StringComparison.Ordinal))), () => Said(pod));
        Assert.All(store.Requests, r => Assert.Equal(("/loki/api/v1/push", "Bearer replace-me"), (r.Path, r.Header("Authorization"))));
        await Eventually.HoldsAsync(async () => (await LessonPods.ProblemsAsync(_client)).Count == 0, () => "no problem any more");
        await LessonPods.StopAsync(pod);
    }

    [RequiresFact("bash", "openssl", "kubectl")]
    public async Task Mutual_TLS_as_the_head_of_the_manifest_sets_it_up_lets_in_whom_the_authority_knows()
    {
        const string Manifest = "agent-three-sidecars-mtls.yaml";
        var commands = string.Join('\n', CommandPattern().Matches(LessonPods.Read(Manifest)).Select(m => m.Groups[1].Value));
        await using (var shell = ChildProcess.Start("bash", ["-ec", commands], directory: _directory.Path))
        {
            Assert.True(await shell.ExitAsync() == 0, string.Join('\n', shell.Errors));
        }

        var (name, ready, _) = LessonPods.Shown(Manifest);
        await using var pod = await RunningPod.StartAsync([_directory["agent-mtls.yaml"], "k8s/labs/" + Manifest], name, ready);
        var address = new Uri("https://localhost:8443/inference");

        using var authority = X509CertificateLoader.LoadCertificateFromFile(_directory["ca.crt"]);
        using var certificate = X509Certificate2.CreateFromPemFile(_directory["client.crt"], _directory["client.key"]);
        using var known = Client(authority, certificate);
        (await known.PostAsJsonAsync(address, new { text = "what a lovely day" })).EnsureSuccessStatusCode();

        using var stranger = Client(authority);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => stranger.PostAsJsonAsync(address, new { text = "what a lovely day" }));
        await LessonPods.StopAsync(pod);
    }

    [Fact]
    public async Task The_ambassador_calls_the_model_in_the_agents_name_and_with_its_own_token()
    {
        const string Answer = """{"choices":[{"message":{"role":"assistant","content":"positive"}}]}""";
        var port = FreePort.Take();
        await using var model = await StubServer.StartAsync(port, _ => (200, Answer));
        var manifest = LessonPods.Copy("ambassador.yaml", _directory, ("http://ollama:11434", $"http://localhost:{port}"));
        var (name, ready, _) = LessonPods.Shown("ambassador.yaml");
        await using var pod = await RunningPod.StartAsync([manifest], name, ready);

        await LessonPods.InferAsync(_client);

        Assert.Contains(model.Requests, r => r.Path == "/v1/chat/completions" && r.Header("Authorization") == "Bearer replace-me");
        await LessonPods.StopAsync(pod);
    }

    [Fact]
    public async Task The_adapter_speaks_the_company_s_format()
    {
        await using var pod = await LessonPods.StartAsync("adapter.yaml");
        await LessonPods.InferAsync(_client);

        Assert.Contains("inference_requests_total{status=\"success\"} 1\n", await _client.GetStringAsync(new Uri("http://localhost:8001/metrics")), StringComparison.Ordinal);
        var adapted = "";
        await Eventually.HoldsAsync(
            async () => (adapted = await _client.GetStringAsync(new Uri("http://localhost:9090/metrics"))).Contains("company_inference_requests_total{code=\"success\",team=\"inference\"} 1\n", StringComparison.Ordinal),
            () => adapted);
        Assert.DoesNotContain("\ninference_", adapted, StringComparison.Ordinal);
        Assert.DoesNotContain("\ndotnet_", adapted, StringComparison.Ordinal);
        await LessonPods.StopAsync(pod);
    }

    private static HttpClient Client(X509Certificate2 authority, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { authority },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return new HttpClient(handler);
    }

    private Task ProblemAsync(string text) => Eventually.HoldsAsync(
        async () => (await LessonPods.ProblemsAsync(_client)).Any(p => p.What.Contains(text, StringComparison.Ordinal) && p.Remedy.Length > 0), () => $"a problem with '{text}'");

    private static string Said(RunningPod pod) => string.Join('\n', pod.Lab.Output.TakeLast(30));

    /// <summary>The commands that need no cluster: everything before <c>kubectl apply</c>.</summary>
    [GeneratedRegex("^#   (openssl .*|kubectl create .*--dry-run=client .*)$", RegexOptions.Multiline)]
    private static partial Regex CommandPattern();
}
