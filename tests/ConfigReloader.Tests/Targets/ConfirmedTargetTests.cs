using ConfigReloader.Targets;
using ConfigReloader.Tests.Support;

namespace ConfigReloader.Tests.Targets;

public sealed class ConfirmedTargetTests : IDisposable
{
    private readonly HttpClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task New_generation_confirms_the_delivery()
    {
        await using var application = await StubApplication.StartAsync();
        var generation = 1;
        application.Status = () => new { configuration_generation = generation };

        var result = await Confirmed(application, () => generation++).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
    }

    [Fact]
    public async Task Generation_is_also_found_under_process()
    {
        await using var application = await StubApplication.StartAsync();
        var generation = 1;
        application.Status = () => new { process = new { config_generation = generation } };

        var result = await Confirmed(application, () => generation++).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
    }

    [Fact]
    public async Task New_process_confirms_the_delivery_even_with_the_same_generation()
    {
        await using var application = await StubApplication.StartAsync();
        var startedAt = "2026-01-01";
        application.Status = () => new { configuration_generation = 1, started_at = startedAt };

        var result = await Confirmed(application, () => startedAt = "2026-01-02").DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
    }

    [Fact]
    public async Task Unchanged_generation_is_reported_as_unconfirmed_with_its_number()
    {
        await using var application = await StubApplication.StartAsync();
        application.Status = () => new { configuration_generation = 3 };

        var result = await Confirmed(application, () => { }).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Unconfirmed, result.Outcome);
        Assert.Contains("still 3", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rejection_on_the_status_page_counts_as_the_applications_rejection()
    {
        await using var application = await StubApplication.StartAsync();
        object reload = new { outcome = "applied", at = "1", errors = Array.Empty<string>() };
        application.Status = () => new { configuration_generation = 3, last_reload = reload };

        var result = await Confirmed(application, () => reload = new { outcome = "refused", at = "2", errors = new[] { "Model:Path is wrong" } })
            .DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Refused, result.Outcome);
        Assert.Contains("Model:Path is wrong", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_status_page_is_reported_but_the_target_is_still_notified()
    {
        await using var application = await StubApplication.StartAsync();
        var deliveries = 0;

        var result = await Confirmed(application, () => deliveries++).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Unconfirmed, result.Outcome);
        Assert.Contains("404", result.Message, StringComparison.Ordinal);
        Assert.Equal(1, deliveries);
    }

    private ConfirmedTarget Confirmed(StubApplication application, Action deliver) =>
        new(new ActionTarget(deliver), application.StatusUrl, TimeSpan.FromMilliseconds(300), _client, TimeProvider.System);

    private sealed class ActionTarget(Action deliver) : ITarget
    {
        public string Description => "an action";

        public Task<DeliveryResult> DeliverChangeAsync(CancellationToken cancellationToken)
        {
            deliver();
            return Task.FromResult(DeliveryResult.Delivered("done"));
        }

        public Task<DeliveryResult?> CheckReachabilityAsync(CancellationToken cancellationToken) => Task.FromResult<DeliveryResult?>(null);
    }
}
