using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using TlsProxy.Certificates;
using TlsProxy.Tests.Support;
using Xunit.Abstractions;

namespace TlsProxy.Tests.Certificates;

[Collection(LoadTests.Name)]
public sealed class RotationUnderLoadTests(ITestOutputHelper output)
{
    /// <summary>The documented limit for serving a new certificate, with the default poll interval.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(15);

    private static readonly string[] BrokenKinds = ["mismatched key", "truncated PEM", "expired", "empty", "broken CA"];

    /// <summary>
    /// Sends <c>TLSPROXY_ROTATION_REQUESTS</c> requests (default 20 000) during <c>TLSPROXY_ROTATION_SWAPS</c> swaps of the Secret
    /// (default 15), five of them invalid; every valid swap after the fifth one also changes the CA. Each certificate is served
    /// within 15 seconds. After <c>TLSPROXY_ROTATION_SECONDS</c> the test does not wait for further requests.
    /// </summary>
    [Fact]
    public async Task No_request_fails_while_valid_and_invalid_Secrets_are_swapped()
    {
        var wanted = LoadTests.ReadSetting("TLSPROXY_ROTATION_REQUESTS", 20_000);
        var swaps = LoadTests.ReadSetting("TLSPROXY_ROTATION_SWAPS", 15);
        var budget = TimeSpan.FromSeconds(LoadTests.ReadSetting("TLSPROXY_ROTATION_SECONDS", 3600));
        var begun = Stopwatch.GetTimestamp();
        var longest = TimeSpan.Zero;
        var authorities = new[] { new CertificateAuthority("One"), new CertificateAuthority("Two") };
        using var volume = new MountedVolume(authorities[0].IssueCertificate().SecretFiles);
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("done"));
        await using var proxy = await RunningProxy.StartAsync(
            volume.Path, upstream.Url, [$"--Tls:PollSeconds={new TlsOptions().PollSeconds}"]);
        var failures = new ConcurrentQueue<string>();
        var sent = 0;
        using var stop = new CancellationTokenSource();

        var load = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            // Two clients keep HTTP/1.1 connections, four keep HTTP/2 connections, and one of each version opens a new one each time.
            var version = i is (>= 2 and < 6) or 7 ? HttpVersion.Version20 : HttpVersion.Version11;
            var client = RunningProxy.Client(version);
            while (!stop.IsCancellationRequested)
            {
                if (i >= 6)
                {
                    client.Dispose();
                    client = RunningProxy.Client(version);
                }

                try
                {
                    using var response = await client.GetAsync(proxy.Url);
                    if (response.StatusCode != HttpStatusCode.OK)
                    {
                        failures.Enqueue(response.StatusCode.ToString());
                    }
                }
                catch (HttpRequestException exception)
                {
                    failures.Enqueue(exception.ToString());
                }

                Interlocked.Increment(ref sent);
            }

            client.Dispose();
        })).ToList();

        var serial = await proxy.SerialAsync();
        var (rejected, applied) = (0, 0);
        for (var swap = 0; swap < swaps; swap++)
        {
            var started = Stopwatch.GetTimestamp();
            if (swap % 3 == 1 && rejected < BrokenKinds.Length)
            {
                volume.ReplaceFiles(RotationTests.Broken(authorities[0], BrokenKinds[rejected++]));
                await Eventually.AssertAsync(async () => await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"rejected\"}") == rejected, "the rejection");
                Assert.Equal(serial, await proxy.SerialAsync());
            }
            else
            {
                var next = authorities[swap > 5 ? swap % 2 : 0].IssueCertificate(rsaBits: swap % 4 == 3 ? 2048 : null);
                volume.ReplaceFiles(next.SecretFiles);
                var swapped = Stopwatch.GetTimestamp();
                applied++;
                serial = next.SerialNumber;
                await Eventually.AssertAsync(async () => await proxy.SerialAsync() == serial, "the new serial", deadline: Promise);
                // The deadline above does not interrupt a single slow attempt.
                Assert.InRange(Stopwatch.GetElapsedTime(swapped), TimeSpan.Zero, Promise);
            }

            var took = Stopwatch.GetElapsedTime(started);
            longest = took > longest ? took : longest;
        }

        using (var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50)))
        {
            while (Volatile.Read(ref sent) < wanted && failures.IsEmpty && Stopwatch.GetElapsedTime(begun) < budget)
            {
                await pause.WaitForNextTickAsync();
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);

        output.WriteLine($"{sent} requests and {swaps} swaps in {Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} s; the longest until a swap was seen: {longest.TotalSeconds:F1} s");
        Assert.Empty(failures);
        Assert.Equal(applied, await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"applied\"}"));
    }
}
