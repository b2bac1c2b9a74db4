using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Agent.Models;
using Agent.Requests;

namespace Agent.Remote;

/// <summary>
/// Sends requests to the chat API. Every attempt has a timeout; transient failures (no connection, 408, 429, 5xx) are retried
/// within the retry budget.
/// </summary>
internal sealed class ChatClient(ModelOptions options, TimeProvider time)
{
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Shared by all models, because a reload must not close connections that requests still use; idle ones are closed by the
    /// handler.
    /// </summary>
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        AllowAutoRedirect = false,
    })
    {
        // Attempts and requests have their own timeouts.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly RetryBudget _budget = new();
    private readonly Uri _address = new(options.Endpoint!.ToString().TrimEnd('/') + "/chat/completions");

    /// <returns>A successful response with its headers; the body is not read yet.</returns>
    /// <exception cref="FailedRequestException">The last attempt failed: 502, or 504 after a timeout.</exception>
    public async Task<HttpResponseMessage> SendWithRetriesAsync(ChatRequest chat, CancellationToken cancellationToken)
    {
        _budget.AddRequestCredit();
        for (var attempt = 1; ; attempt++)
        {
            var (response, failure, isTransient) = await SendOnceAsync(chat, cancellationToken);
            if (failure is null)
            {
                return response!;
            }

            var delay = GetRetryDelay(response, attempt);
            response?.Dispose();
            if (!isTransient || attempt >= options.MaxAttempts || !_budget.TrySpendRetry())
            {
                throw failure;
            }

            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private async Task<(HttpResponseMessage? Response, FailedRequestException? Failure, bool IsTransient)> SendOnceAsync(
        ChatRequest chat, CancellationToken cancellationToken)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        attempt.CancelAfter(TimeSpan.FromSeconds(options.AttemptTimeoutSeconds));
        try
        {
            using var request = await CreateRequestAsync(chat, cancellationToken);
            var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, attempt.Token);
            if (response.IsSuccessStatusCode)
            {
                return (response, null, false);
            }

            var failure = new FailedRequestException(
                StatusCodes.Status502BadGateway, $"The model's server responded with status {(int)response.StatusCode}");
            return (response, failure, IsTransient(response.StatusCode));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var detail = string.Create(
                CultureInfo.InvariantCulture, $"The model's server did not respond within {options.AttemptTimeoutSeconds} s");
            return (null, new FailedRequestException(StatusCodes.Status504GatewayTimeout, detail, exception), true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, new FailedRequestException(
                StatusCodes.Status502BadGateway, "The key for the model's server cannot be read", exception), false);
        }
        catch (HttpRequestException exception)
        {
            return (null, new FailedRequestException(
                StatusCodes.Status502BadGateway, "The model's server cannot be reached", exception), true);
        }
    }

    private async Task<HttpRequestMessage> CreateRequestAsync(ChatRequest chat, CancellationToken cancellationToken)
    {
        var authorization = await ApiKeyFile.ReadHeaderAsync(options.ApiKeyFile, cancellationToken);
        var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ByteArrayContent(chat.SerializeToBytes()) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = authorization;
        return request;
    }

    /// <summary>The server's Retry-After, or an exponential delay with jitter so that clients do not all retry at the same time.</summary>
    private static TimeSpan GetRetryDelay(HttpResponseMessage? response, int attempt)
    {
        var delay = response?.Headers.RetryAfter?.Delta
            ?? TimeSpan.FromMilliseconds(100 * Math.Pow(2, attempt - 1) * (0.5 + Random.Shared.NextDouble()));
        return delay > MaxRetryDelay ? MaxRetryDelay : delay;
    }

    private static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;
}
