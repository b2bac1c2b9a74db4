using System.Text.Json;

namespace ConfigReloader.Targets;

/// <summary>
/// A signal has no answer, and a process may ignore it: this compares the application's own status before and after a
/// delivery. A new generation (or a new process, which has read the new state at its start) confirms it; a refusal in
/// the status is the application's refusal; no change at all within the time is noticed, and not signalled again.
/// </summary>
internal sealed class ConfirmedTarget(ITarget target, Uri statusUrl, TimeSpan within, HttpClient client, TimeProvider time) : ITarget
{
    private const int MaxStatusBytes = 1 << 20;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LeastRequestTimeout = TimeSpan.FromSeconds(2);

    /// <summary>An application that may take long to reload may take as long to say how it stands.</summary>
    private readonly TimeSpan _requestTimeout = within > LeastRequestTimeout ? within : LeastRequestTimeout;

    public string Description => target.Description;

    public async Task<Delivery> DeliverAsync(CancellationToken cancellationToken)
    {
        var (before, trouble) = await ReadAsync(cancellationToken);
        var delivery = await target.DeliverAsync(cancellationToken);
        if (delivery.Outcome != DeliveryOutcome.Delivered)
        {
            return delivery;
        }

        if (before is null)
        {
            return Delivery.Unconfirmed(
                $"{delivery.Message}; whether it was heeded is not known: {trouble}",
                "Correct Target:StatusUrl: it must answer with JSON that has configuration_generation.");
        }

        var start = time.GetTimestamp();
        while (true)
        {
            (var after, trouble) = await ReadAsync(cancellationToken);
            if (after is not null)
            {
                if (after.Generation != before.Generation || after.StartedAt != before.StartedAt)
                {
                    return delivery;
                }

                if (after.Refusal is not null && after.LastReloadAt != before.LastReloadAt)
                {
                    return Delivery.Refused(
                        $"{delivery.Message}, and the application refused: {after.Refusal}",
                        "Correct the configuration: the application keeps its old one. The next change is delivered again.");
                }
            }

            if (time.GetElapsedTime(start) >= within)
            {
                break;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }

        return Delivery.Unconfirmed(
            trouble is null
                ? $"{delivery.Message}, but its configuration generation is still {before.Generation} after {within.TotalSeconds:0.###} s"
                : $"{delivery.Message}, and since then {trouble}",
            "The application ignores it or takes longer: see its log, its documentation for how it reloads, and Target:ConfirmWithin. It is not told again until the next change.");
    }

    public async Task<Delivery?> ProbeAsync(CancellationToken cancellationToken)
    {
        if (await target.ProbeAsync(cancellationToken) is { } failure)
        {
            return failure;
        }

        var (status, trouble) = await ReadAsync(cancellationToken);
        return status is null
            ? Delivery.Failed(trouble ?? $"{statusUrl} says nothing", "Correct Target:StatusUrl, or leave it out.")
            : null;
    }

    private async Task<(ApplicationStatus? Status, string? Trouble)> ReadAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_requestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var response = await client.GetAsync(statusUrl, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                return (null, $"GET {statusUrl} answered {(int)response.StatusCode}");
            }

            await response.Content.LoadIntoBufferAsync(MaxStatusBytes, either.Token);
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            using var json = await JsonDocument.ParseAsync(body, default, either.Token);
            return ApplicationStatus.Parse(json.RootElement) is { } status
                ? (status, null)
                : (null, $"GET {statusUrl} has no configuration_generation");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"GET {statusUrl} gave no answer within {_requestTimeout.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException)
        {
            return (null, $"GET {statusUrl} failed: {exception.GetBaseException().Message}");
        }
    }
}
