using ConfigReloader.Targets;
using ConfigReloader.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ConfigReloader.Tests.Targets;

public sealed class HttpTargetTests : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(200, "Delivered")]
    [InlineData(204, "Delivered")]
    [InlineData(307, "Failed")]
    [InlineData(400, "Refused")]
    [InlineData(422, "Refused")]
    [InlineData(500, "Failed")]
    [InlineData(503, "Failed")]
    public async Task Status_code_of_the_response_determines_the_outcome(int status, string outcome)
    {
        await using var application = await StubApplication.StartAsync();
        application.Respond = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };

        var result = await Target(application.ReloadUrl).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(outcome, result.Outcome.ToString());
        Assert.Contains($"{status}", result.Message, StringComparison.Ordinal);
        Assert.Single(application.Reloads);
    }

    [Fact]
    public async Task Rejection_carries_the_response_body_up_to_a_size_limit()
    {
        await using var application = await StubApplication.StartAsync();
        application.Respond = async (context, _) =>
        {
            context.Response.StatusCode = 422;
            await context.Response.WriteAsync("Model:Path: no such file " + new string('x', 1_000_000));
        };

        var result = await Target(application.ReloadUrl).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Refused, result.Outcome);
        Assert.Contains("Model:Path: no such file", result.Message, StringComparison.Ordinal);
        Assert.True(result.Message.Length < 5000);
    }

    [Fact]
    public async Task Connection_refused_is_a_failure_that_names_the_address()
    {
        var result = await Target(new Uri($"http://127.0.0.1:{FreePort.FindUnused()}/-/reload")).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("127.0.0.1", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_response_within_the_timeout_is_a_failure()
    {
        await using var application = await StubApplication.StartAsync();
        var released = new TaskCompletionSource();
        application.Respond = (_, _) => released.Task;

        var result = await Target(application.ReloadUrl, TimeSpan.FromMilliseconds(200)).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("0.2 s", result.Message, StringComparison.Ordinal);
        released.SetResult();
    }

    [Fact]
    public async Task Response_that_breaks_off_is_a_failure()
    {
        await using var application = await StubApplication.StartAsync();
        application.Respond = async (context, _) =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("half");
            context.Abort();
        };

        var result = await Target(application.ReloadUrl).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
    }

    [Fact]
    public async Task Reachability_check_finds_the_listener_without_reloading()
    {
        await using var application = await StubApplication.StartAsync();

        Assert.Null(await Target(application.ReloadUrl).CheckReachabilityAsync(CancellationToken.None));
        Assert.Empty(application.Reloads);
        Assert.NotNull(await Target(new Uri($"http://127.0.0.1:{FreePort.FindUnused()}/")).CheckReachabilityAsync(CancellationToken.None));
    }

    private HttpTarget Target(Uri url, TimeSpan? timeout = null) => new(url, timeout ?? TimeSpan.FromSeconds(30), _client, TimeProvider.System);
}
