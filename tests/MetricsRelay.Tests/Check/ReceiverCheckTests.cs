using MetricsRelay.Tests.Forwarding.RemoteWrite;

namespace MetricsRelay.Tests.Check;

/// <summary>The findings of the <c>check</c> verb about receivers.</summary>
public sealed class ReceiverCheckTests
{
    [Fact]
    public async Task Check_reports_whether_each_receiver_answers_and_accepts_the_credentials()
    {
        using var directory = new TemporaryDirectory();
        var queue = Path.Combine(directory.Path, "queue");
        await using var target = await FakeTarget.StartAsync("x 1\n");
        await using var receiver = await FakeTarget.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Headers.Authorization == "Bearer right" ? 204 : 401;
            return Task.CompletedTask;
        });
        var token = Path.Combine(directory.Path, "token");
        await File.WriteAllTextAsync(token, "right");
        string[] flags =
        [
            $"--Scrape:Targets={target.Url}", $"--RemoteWrite:Url={receiver.Url}", $"--RemoteWrite:BearerTokenFile={token}", $"--Queue:Directory={queue}",
        ];

        var (good, printed) = await CheckAsync(flags);
        Assert.Contains("receiver RemoteWrite", printed, StringComparison.Ordinal);
        Assert.Contains($"{queue} is writable", printed, StringComparison.Ordinal);
        Assert.True(good == 0, printed);

        (var bad, printed) = await CheckAsync([.. flags, $"--Otlp:Endpoint={receiver.Url}", "--Pushgateway:Url=http://127.0.0.1:1"]);
        Assert.Contains("returned 401: it does not accept the credentials", printed, StringComparison.Ordinal);
        Assert.Contains("receiver Pushgateway: The request to http://127.0.0.1:1/-/ready failed", printed, StringComparison.Ordinal);
        Assert.Equal(1, bad);

        await File.WriteAllTextAsync(token, "wrong");
        Assert.Equal(1, (await CheckAsync(flags)).ExitCode);
        File.Delete(token);
        (bad, printed) = await CheckAsync(flags);
        Assert.Contains(token, printed, StringComparison.Ordinal);
        Assert.Equal(1, bad);
    }

    [Fact]
    public async Task Message_without_samples_is_valid_for_a_remote_write_receiver()
    {
        await using var target = await FakeTarget.StartAsync("x 1\n");
        await using var receiver = await FakeReceiver.StartAsync();

        var (code, printed) = await CheckAsync([$"--Scrape:Targets={target.Url}", $"--RemoteWrite:Url={receiver.Url}"]);

        Assert.True(code == 0, printed);
        Assert.Contains("returned 204", printed, StringComparison.Ordinal);
        Assert.Empty(receiver.Samples);
    }

    private static async Task<(int ExitCode, string Printed)> CheckAsync(string[] flags)
    {
        var (exitCode, output, _) = await RelayProcess.RunAsync(["check", .. flags]);
        return (exitCode, output);
    }
}
