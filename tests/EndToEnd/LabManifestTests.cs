using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EndToEnd;

/// <summary>Every Pod of the lesson starts as its manifest shows, and works as its manifest describes.</summary>
[Collection(OnePodAtATime.Name)]
public sealed partial class LabManifestTests : IDisposable
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
    public async Task Logging_sidecar_prints_the_agents_request_log(string manifest, string sidecar)
    {
        await using var pod = await LabManifest.StartPodAsync(manifest);

        var id = await LabManifest.SendInferenceAsync(_client);

        await Eventually.AssertAsync(
            () => pod.ReadShippedLines(sidecar).Any(line => line.GetProperty("request_id").GetString() == id),
            () => pod.Lab.DescribeOutput());
        await pod.StopAsync();
    }

    [Theory]
    [InlineData("logger.yaml", "sidecar-container", "Hello World")]
    [InlineData("log-sidecar.yaml", "log-shipper", "\"msg\":\"request processed\"")]
    public async Task Logging_sidecar_prints_lines_that_a_shell_writes(string manifest, string sidecar, string text)
    {
        await using var pod = await LabManifest.StartPodAsync(manifest);

        await Eventually.AssertAsync(
            () => pod.ReadLines(sidecar).Count(line => line.Contains(text, StringComparison.Ordinal)) >= 2, () => pod.Lab.DescribeOutput());
        await pod.StopAsync();
    }

    [Fact]
    public async Task Job_completes_while_its_sidecar_still_runs_and_every_line_is_shipped()
    {
        var (_, ready, status) = LabManifest.ReadExpectedRow("agent-job.yaml");
        await using var pod = await RunningPod.StartAsync(["k8s/labs/agent-job.yaml"], "agent-job", "agent-job succeeded");

        Assert.Equal(0, await pod.Lab.WaitForExitAsync());
        Assert.Equal(("0/2", "Completed"), (ready, status));
        var items = pod.ReadLines("logging-sidecar")
            .Where(line => line.StartsWith("{\"item\":", StringComparison.Ordinal))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("item").GetInt32());
        Assert.Equal(Enumerable.Range(1, 100), items);
    }

    [Fact]
    public async Task TLS_proxy_forwards_requests_to_the_agent()
    {
        await using var pod = await LabManifest.StartPodAsync("agent-with-tls-proxy.yaml");

        using var client = PodClient.Create();
        using var response = await client.PostAsJsonAsync("/inference", new { text = "what a lovely day" });
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("positive", body.GetProperty("prediction").GetString());
        await pod.StopAsync();
    }

    [Fact]
    public async Task Lines_wait_for_an_unreachable_log_store_and_arrive_with_the_Secrets_credential()
    {
        var port = FreePort.FindUnused();
        var manifest = LabManifest.CopyManifest("agent-log-forwarding.yaml", _directory, ("http://loki:3100", $"http://localhost:{port}"));
        var (name, ready, _) = LabManifest.ReadExpectedRow("agent-log-forwarding.yaml");
        await using var pod = await RunningPod.StartAsync([manifest], name, ready);
        string[] ids = [await LabManifest.SendInferenceAsync(_client), await LabManifest.SendInferenceAsync(_client)];

        // Without the store the Pod is ready and serves requests, and the tailer's status reports the problem.
        await LabManifest.WaitForProblemAsync(_client, $"localhost:{port}");
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(new Uri("http://localhost:8002/readyz"))).StatusCode);

        await using var store = await StubServer.StartAsync(port, _ => (204, ""));
        await Eventually.AssertAsync(
            () => ids.All(id => store.Requests.Any(request => request.Body.Contains(id, StringComparison.Ordinal))),
            () => pod.Lab.DescribeOutput());
        Assert.All(
            store.Requests,
            request => Assert.Equal(("/loki/api/v1/push", "Bearer replace-me"), (request.Path, request.ReadHeader("Authorization"))));
        await Eventually.AssertAsync(async () => (await LabManifest.ReadProblemsAsync(_client)).Count == 0, "the problem is cleared");
        await pod.StopAsync();
    }

    [RequiresFact("bash", "openssl", "kubectl")]
    public async Task Mutual_TLS_set_up_with_the_manifests_commands_accepts_only_known_clients()
    {
        const string Manifest = "agent-three-sidecars-mtls.yaml";
        var commands = string.Join(
            '\n', CommandPattern().Matches(LabManifest.ReadManifest(Manifest)).Select(match => match.Groups[1].Value));
        await using (var shell = ChildProcess.Start("bash", ["-ec", commands], directory: _directory.Path))
        {
            Assert.True(await shell.WaitForExitAsync() == 0, shell.DescribeOutput());
        }

        var (name, ready, _) = LabManifest.ReadExpectedRow(Manifest);
        await using var pod = await RunningPod.StartAsync([_directory["agent-mtls.yaml"], "k8s/labs/" + Manifest], name, ready);
        var address = new Uri("https://localhost:8443/inference");

        using var authority = X509CertificateLoader.LoadCertificateFromFile(_directory["ca.crt"]);
        using var certificate = X509Certificate2.CreateFromPemFile(_directory["client.crt"], _directory["client.key"]);
        using var knownClient = CreateClient(authority, certificate);
        (await knownClient.PostAsJsonAsync(address, new { text = "what a lovely day" })).EnsureSuccessStatusCode();

        using var unknownClient = CreateClient(authority);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => unknownClient.PostAsJsonAsync(address, new { text = "what a lovely day" }));
        await pod.StopAsync();
    }

    [Fact]
    public async Task Ambassador_calls_the_remote_model_with_its_own_token()
    {
        const string Completion = """{"choices":[{"message":{"role":"assistant","content":"positive"}}]}""";
        var port = FreePort.FindUnused();
        await using var model = await StubServer.StartAsync(port, _ => (200, Completion));
        var manifest = LabManifest.CopyManifest("ambassador.yaml", _directory, ("http://ollama:11434", $"http://localhost:{port}"));
        var (name, ready, _) = LabManifest.ReadExpectedRow("ambassador.yaml");
        await using var pod = await RunningPod.StartAsync([manifest], name, ready);

        await LabManifest.SendInferenceAsync(_client);

        Assert.Contains(
            model.Requests,
            request => request.Path == "/v1/chat/completions" && request.ReadHeader("Authorization") == "Bearer replace-me");
        await pod.StopAsync();
    }

    [Fact]
    public async Task Adapter_exposes_the_metrics_in_the_companys_format()
    {
        const string Original = "inference_requests_total{status=\"success\"} 1\n";
        const string Adapted = "company_inference_requests_total{code=\"success\",team=\"inference\"} 1\n";
        await using var pod = await LabManifest.StartPodAsync("adapter.yaml");
        await LabManifest.SendInferenceAsync(_client);

        Assert.Contains(Original, await _client.GetStringAsync(new Uri("http://localhost:8001/metrics")), StringComparison.Ordinal);
        var page = await Eventually.ReadAsync(
            () => _client.GetStringAsync(new Uri("http://localhost:9090/metrics")),
            page => page.Contains(Adapted, StringComparison.Ordinal));
        Assert.DoesNotContain("\ninference_", page, StringComparison.Ordinal);
        Assert.DoesNotContain("\ndotnet_", page, StringComparison.Ordinal);
        await pod.StopAsync();
    }

    private static HttpClient CreateClient(X509Certificate2 authority, X509Certificate2? certificate = null)
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

    /// <summary>The commands that require no cluster: all before <c>kubectl apply</c>.</summary>
    [GeneratedRegex("^#   (openssl .*|kubectl create .*--dry-run=client .*)$", RegexOptions.Multiline)]
    private static partial Regex CommandPattern();
}
