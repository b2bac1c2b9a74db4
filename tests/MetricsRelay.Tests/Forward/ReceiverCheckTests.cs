namespace MetricsRelay.Tests.Forward;

/// <summary>What the <c>check</c> verb says of receivers.</summary>
public sealed class ReceiverCheckTests
{
    [Fact]
    public async Task Check_says_whether_each_receiver_answers_and_takes_the_credentials()
    {
        using var directory = new TemporaryFolder();
        var queue = Path.Combine(directory.Path, "queue");
        await using var target = await FakeTarget.StartAsync("x 1\n");
        await using var picky = await FakeTarget.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Headers.Authorization == "Bearer right" ? 204 : 401;
            return Task.CompletedTask;
        });
        var token = Path.Combine(directory.Path, "token");
        await File.WriteAllTextAsync(token, "right");
        string[] flags =
        [
            $"--Scrape:Targets={target.Url}", $"--RemoteWrite:Url={picky.Url}", $"--RemoteWrite:BearerTokenFile={token}", $"--Queue:Directory={queue}",
        ];

        var (good, printed) = await CheckAsync(flags);
        Assert.Contains("receiver RemoteWrite", printed, StringComparison.Ordinal);
        Assert.Contains($"{queue} can be written", printed, StringComparison.Ordinal);
        Assert.True(good == 0, printed);

        (var bad, printed) = await CheckAsync([.. flags, $"--Otlp:Endpoint={picky.Url}", "--Pushgateway:Url=http://127.0.0.1:1"]);
        Assert.Contains("answered 401: it does not accept the credentials", printed, StringComparison.Ordinal);
        Assert.Contains("receiver Pushgateway: http://127.0.0.1:1/-/ready cannot be sent to", printed, StringComparison.Ordinal);
        Assert.Equal(1, bad);

        await File.WriteAllTextAsync(token, "wrong");
        Assert.Equal(1, (await CheckAsync(flags)).ExitCode);
        File.Delete(token);
        (bad, printed) = await CheckAsync(flags);
        Assert.Contains(token, printed, StringComparison.Ordinal);
        Assert.Equal(1, bad);
    }

    [Fact]
    public async Task A_message_without_samples_is_one_that_a_receiver_of_remote_write_understands()
    {
        await using var target = await FakeTarget.StartAsync("x 1\n");
        await using var receiver = await RemoteWrite.FakeReceiver.StartAsync();

        var (code, printed) = await CheckAsync([$"--Scrape:Targets={target.Url}", $"--RemoteWrite:Url={receiver.Url}"]);

        Assert.True(code == 0, printed);
        Assert.Contains("answered 204", printed, StringComparison.Ordinal);
        Assert.Empty(receiver.Samples);
    }

    private static async Task<(int ExitCode, string Printed)> CheckAsync(string[] flags)
    {
        using var process = RelayProcess.Start(["check", .. flags]);
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, printed);
    }
}
