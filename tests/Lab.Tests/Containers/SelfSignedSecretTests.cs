using System.Security.Cryptography.X509Certificates;
using System.Text;
using Lab.Containers.Local;
using Lab.Objects;
using Lab.Tests.Pods;

namespace Lab.Tests.Containers;

public sealed class SelfSignedSecretTests
{
    [Fact]
    public void The_certificate_is_for_localhost_by_every_name()
    {
        var secret = SelfSignedSecret.Make("agent-tls", "agent", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
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
    public void It_is_made_for_a_TLS_Secret_that_is_missing_and_for_no_other(string name, string image, bool made)
    {
        var pod = ManifestSet.Read([("pod.yaml",
            $$"""
            {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, secret: {secretName: "{{name}}"} }],
              containers: [{name: c, image: "{{image}}", volumeMounts: [{name: v, mountPath: /v}]}]} }
            """)]).Workloads.Single().Pod;
        var configuration = new PodConfiguration(new Dictionary<string, ConfigMap>(), new Dictionary<string, Secret>());

        var lines = SelfSignedSecret.MakeMissing(pod, configuration, new FakeClock());

        Assert.Equal(made, lines.Count == 1);
        Assert.Equal(made, configuration.Secret(name) is not null);
        Assert.Equal(!made, MissingReference.Of(pod.Spec, configuration).Count == 1);
    }
}
