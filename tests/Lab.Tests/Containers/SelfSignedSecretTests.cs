using System.Security.Cryptography.X509Certificates;
using System.Text;
using Lab.Containers.Local;
using Lab.Manifests;
using Lab.Objects;
using Microsoft.Extensions.Time.Testing;

namespace Lab.Tests.Containers;

public sealed class SelfSignedSecretTests
{
    [Fact]
    public void Generated_certificate_is_valid_for_every_name_of_localhost()
    {
        var secret = SelfSignedSecret.GenerateSecret("agent-tls", "agent", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(secret.Data["tls.crt"]), Encoding.ASCII.GetString(secret.Data["tls.key"]));

        Assert.Equal("CN=localhost", certificate.Subject);
        Assert.True(certificate.HasPrivateKey);
        Assert.All(["localhost", "agent", "127.0.0.1", "::1"], name => Assert.True(certificate.MatchesHostname(name)));
        Assert.Equal(new DateTime(2026, 4, 1, 0, 0, 0, DateTimeKind.Utc), certificate.NotAfter.ToUniversalTime());
        Assert.Equal("kubernetes.io/tls", secret.Type);
    }

    [Theory]
    [InlineData("agent-tls", "busybox", true)]
    [InlineData("anything", "tls-proxy:v1", true)]
    [InlineData("anything", "busybox", false)]
    public void Only_a_missing_TLS_Secret_is_generated(string name, string image, bool generated)
    {
        var pod = ManifestSet.ReadManifests([("pod.yaml",
            $$"""
            {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, secret: {secretName: "{{name}}"} }],
              containers: [{name: c, image: "{{image}}", volumeMounts: [{name: v, mountPath: /v}]}]} }
            """)]).Workloads.Single().Pod;
        var configuration = new PodConfiguration(new Dictionary<string, ConfigMap>(), new Dictionary<string, Secret>());

        var lines = SelfSignedSecret.GenerateMissing(pod, configuration, new FakeTimeProvider());

        Assert.Equal(generated, lines.Count == 1);
        Assert.Equal(generated, configuration.FindSecret(name) is not null);
        Assert.Equal(!generated, MissingReferenceFinder.FindMissing(pod.Spec, configuration).Count == 1);
    }
}
