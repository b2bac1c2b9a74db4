using System.Text.Json;

namespace ConfigReloader.Targets;

/// <summary>
/// Confirms deliveries with the application's status page. A signal has no response, and a process may ignore it, so the
/// configuration generation is compared before and after. A new generation, or a new process (which has read the new
/// configuration at its start), confirms the delivery. A rejection on the page counts as the application's rejection.
/// </summary>
internal sealed class ConfirmedTarget(ITarget target, Uri statusUrl, TimeSpan confirmWithin, HttpClient client, TimeProvider time) : ITarget
{
    private const int MaxStatusBytes = 1 << 20;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MinRequestTimeout = TimeSpan.FromSeconds(2);

    /// <summary>An application that is busy reloading may serve its status page just as slowly.</summary>
    private readonly TimeSpan _requestTimeout = confirmWithin > MinRequestTimeout ? confirmWithin : MinRequestTimeout;

    public string Description => target.Description;

    public async Task<DeliveryResult> DeliverChangeAsync(CancellationToken cancellationToken)
    {
        var (before, error) = await ReadStatusAsync(cancellationToken);
        var result = await target.DeliverChangeAsync(cancellationToken);
        if (result.Outcome != DeliveryOutcome.Delivered)
        {
            return result;
        }

        if (before is null)
        {
            return DeliveryResult.Unconfirmed(
                $"{result.Message}; the reload cannot be confirmed: {error}",
                "Correct Target:StatusUrl: it must return JSON with configuration_generation.");
        }

        var start = time.GetTimestamp();
        while (true)
        {
            (var after, error) = await ReadStatusAsync(cancellationToken);
            if (after is not null)
            {
                if (after.Generation != before.Generation || after.StartedAt != before.StartedAt)
                {
                    return result;
                }

                if (after.Rejection is not null && after.LastReloadAt != before.LastReloadAt)
                {
                    return DeliveryResult.Refused(
                        $"{result.Message}, and the application rejected the configuration: {after.Rejection}",
                        "Correct the configuration; the application keeps the old one. The next change will be delivered.");
                }
            }

            if (time.GetElapsedTime(start) >= confirmWithin)
            {
                break;
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }

        return DeliveryResult.Unconfirmed(
            error is not null
                ? $"{result.Message}, but afterwards {error}"
                : $"{result.Message}, but its configuration generation is still {before.Generation} "
                    + $"after {confirmWithin.TotalSeconds:0.###} s",
            "The application ignores the notification or takes longer to reload. Check its log, how its documentation says it reloads, "
                + "and Target:ConfirmWithin. The notification is not repeated until the next change.");
    }

    public async Task<DeliveryResult?> CheckReachabilityAsync(CancellationToken cancellationToken)
    {
        if (await target.CheckReachabilityAsync(cancellationToken) is { } failure)
        {
            return failure;
        }

        var (status, error) = await ReadStatusAsync(cancellationToken);
        return status is null
            ? DeliveryResult.Failed(error ?? $"{statusUrl} is empty", "Correct Target:StatusUrl, or remove it.")
            : null;
    }

    private async Task<(ApplicationStatus? Status, string? Error)> ReadStatusAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_requestTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await client.GetAsync(statusUrl, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            if (!response.IsSuccessStatusCode)
            {
                return (null, $"GET {statusUrl} returned {(int)response.StatusCode}");
            }

            await response.Content.LoadIntoBufferAsync(MaxStatusBytes, linked.Token);
            await using var body = await response.Content.ReadAsStreamAsync(linked.Token);
            using var json = await JsonDocument.ParseAsync(body, default, linked.Token);
            return ApplicationStatus.Parse(json.RootElement) is { } status
                ? (status, null)
                : (null, $"GET {statusUrl} returned no configuration_generation");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"GET {statusUrl} timed out after {_requestTimeout.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException)
        {
            return (null, $"GET {statusUrl} failed: {exception.GetBaseException().Message}");
        }
    }
}
