using ConfigReloader.Targets;
using ConfigReloader.Tests.Support;

namespace ConfigReloader.Tests.Targets;

public sealed class ConfirmedTargetTests : IDisposable
{
    private readonly HttpClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_new_generation_confirms()
    {
        await using var application = await StubApplication.StartAsync();
        var generation = 1;
        application.Status = () => new { configuration_generation = generation };

        var delivery = await Confirmed(application, () => generation++).DeliverAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, delivery.Outcome);
    }

    [Fact]
    public async Task The_generation_is_also_found_under_process()
    {
        await using var application = await StubApplication.StartAsync();
        var generation = 1;
        application.Status = () => new { process = new { config_generation = generation } };

        var delivery = await Confirmed(application, () => generation++).DeliverAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, delivery.Outcome);
    }

    [Fact]
    public async Task A_new_process_confirms_though_its_generation_is_the_same()
    {
        await using var application = await StubApplication.StartAsync();
        var startedAt = "2026-01-01";
        application.Status = () => new { configuration_generation = 1, started_at = startedAt };

        var delivery = await Confirmed(application, () => startedAt = "2026-01-02").DeliverAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, delivery.Outcome);
    }

    [Fact]
    public async Task The_same_generation_is_noticed_and_the_number_told()
    {
        await using var application = await StubApplication.StartAsync();
        application.Status = () => new { configuration_generation = 3 };

        var delivery = await Confirmed(application, () => { }).DeliverAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Unconfirmed, delivery.Outcome);
        Assert.Contains("still 3", delivery.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_in_the_status_is_the_application_s_refusal()
    {
        await using var application = await StubApplication.StartAsync();
        object reload = new { outcome = "applied", at = "1", errors = Array.Empty<string>() };
        application.Status = () => new { configuration_generation = 3, last_reload = reload };

        var delivery = await Confirmed(application, () => reload = new { outcome = "refused", at = "2", errors = new[] { "Model:Path is wrong" } })
            .DeliverAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Refused, delivery.Outcome);
        Assert.Contains("Model:Path is wrong", delivery.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_page_that_says_nothing_of_it_is_said_and_the_target_is_told_all_the_same()
    {
        await using var application = await StubApplication.StartAsync();
        var told = 0;

        var delivery = await Confirmed(application, () => told++).DeliverAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Unconfirmed, delivery.Outcome);
        Assert.Contains("404", delivery.Message, StringComparison.Ordinal);
        Assert.Equal(1, told);
    }

    private ConfirmedTarget Confirmed(StubApplication application, Action deliver) =>
        new(new ActionTarget(deliver), application.StatusUrl, TimeSpan.FromMilliseconds(300), _client, TimeProvider.System);

    private sealed class ActionTarget(Action deliver) : ITarget
    {
        public string Description => "an action";

        public Task<Delivery> DeliverAsync(CancellationToken cancellationToken)
        {
            deliver();
            return Task.FromResult(Delivery.Delivered("done"));
        }

        public Task<Delivery?> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult<Delivery?>(null);
    }
}
